"""What a strategy's live result is held against: the returns of a backtest, or of its own earlier self."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.duration import Duration
from schemas.record import Record


class Sample(Record):
    """Returns, as what is needed of them. Variance is the sample's own: squares divided by their number less one."""

    model_config = ConfigDict(title="Sample of returns")

    mean: float = Field(description="Mean return, as a fraction: 0.01 is 1 %.", examples=[0.004])
    variance: Annotated[float, Field(ge=0)] = Field(
        description="Variance of the returns, divided by their number less one.", examples=[0.0009]
    )
    number: Annotated[int, Field(ge=2, le=2**31 - 1)] = Field(
        description="How many returns they are worked from.", examples=[250]
    )


class ReferenceFile(Record):
    """A file of reference figures: what a backtest came to.

    ``trades`` are profits by the value of their entries (``profit_fraction`` of trades), ``bars`` logarithmic returns
    of equity from one close to the next.
    """

    model_config = ConfigDict(title="Reference figures")

    trades: Sample | None = Field(default=None, description="Returns of closed trades: profit by value of the entries.")
    bars: Sample | None = Field(default=None, description="Logarithmic returns of equity, from close to close.")


class Reference(Record):
    """Where the reference comes from: exactly one of its keys."""

    model_config = ConfigDict(title="Reference")

    file: Annotated[str, Field(min_length=1, max_length=1_000)] | None = Field(
        default=None, description="A file of reference figures, beside the rules.", examples=["backtest.json"]
    )
    sample: Sample | None = Field(default=None, description="The figures themselves.")
    first_trades: Annotated[int, Field(ge=10, le=10_000)] | None = Field(
        default=None, description="So many first trades of the strategy on the series.", examples=[50]
    )
    first_period: Duration | None = Field(
        default=None, description="Trades of so long after the entry of the first one.", examples=["30d"]
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"expected one of file, sample, first_trades and first_period, got {' and '.join(given) or 'none'}"
            )
        return self
