"""A schema registry in memory."""


class FakeRegistry:
    """Numbers schemas from 1, in the order in which they come."""

    def __init__(self, *schemas: str) -> None:
        self.schemas = list(schemas)
        self.subjects: list[str] = []
        self.lookups = 0

    def register(self, subject: str, schema: str) -> int:
        """The schema's number, a new one if it is new."""
        self.subjects.append(subject)
        if schema not in self.schemas:
            self.schemas.append(schema)
        return self.schemas.index(schema) + 1

    def schema(self, schema_id: int) -> str:
        """The schema of that number; LookupError where there is none."""
        self.lookups += 1
        if not 1 <= schema_id <= len(self.schemas):
            raise LookupError(schema_id)
        return self.schemas[schema_id - 1]
