"""Units of a configuration's numbers, as annotations in its JSON Schema."""

from pydantic.config import JsonDict


def unit(name: str) -> JsonDict:
    """What a field's JSON Schema says of its unit.

    >>> unit("bars")
    {'unit': 'bars'}
    """
    return {"unit": name}
