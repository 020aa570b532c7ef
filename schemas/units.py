"""Units of a configuration's numbers, as annotations in its JSON Schema, and the ranges that many of them share."""

from typing import Annotated

from pydantic import Field
from pydantic.config import JsonDict

Fraction = Annotated[float, Field(gt=0, le=1)]
"""Some of a whole, and no more than all of it."""

Rate = Annotated[float, Field(ge=0, le=1)]
"""Of each unit of something, perhaps nothing."""

MOST = 1e15
"""No amount of money or of units is larger: a float still tells apart less than one of them."""

Amount = Annotated[float, Field(ge=0, le=MOST)]
PositiveAmount = Annotated[float, Field(gt=0, le=MOST)]


def unit(name: str) -> JsonDict:
    """What a field's JSON Schema says of its unit.

    >>> unit("bars")
    {'unit': 'bars'}
    """
    return {"unit": name}
