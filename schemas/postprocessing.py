"""What is done with the outputs of models before a signal reads them."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.identifiers import Identifier
from schemas.indicator_config import MAX_BARS
from schemas.names import did_you_mean
from schemas.record import Record
from schemas.units import unit

_BARS = unit("bars")
_ID = "The step's name: expressions read `id.output`."
_MODEL = "The model that it works on, or an earlier step, by id."
_OUTPUT = "Which output of it; without one its first. The result has the same name."


class ErrorCorrection(Record):
    """Adds to a forecast what it has lately been short of."""

    model_config = ConfigDict(title="Error correction")

    id: Identifier = Field(description=_ID, examples=["corrected"])
    type: Literal["error_correction"] = Field(description="Adds to a forecast what it has lately been short of.")
    model: Identifier = Field(description=_MODEL, examples=["lstm_price_predictor"])
    output: Identifier | None = Field(default=None, description=_OUTPUT, examples=["price_prediction"])
    method: Literal["mean", "linear", "kalman"] = Field(
        default="mean", description="How the next error is guessed from the last ones."
    )
    period: int = Field(default=50, ge=2, le=MAX_BARS, description="Errors that count.", json_schema_extra=_BARS)


class Ensemble(Record):
    """Makes one output of several models' outputs."""

    model_config = ConfigDict(title="Ensemble")

    id: Identifier = Field(description=_ID, examples=["consensus"])
    type: Literal["ensemble"] = Field(description="Makes one output of several models' outputs.")
    models: tuple[Identifier, ...] = Field(
        min_length=2,
        max_length=32,
        description="The models, or earlier steps, by id.",
        examples=[["lstm_price_predictor", "arima_trend"]],
    )
    output: Identifier = Field(
        default="prediction",
        description="What the result is called. Each model gives its output of that name, else its first.",
    )
    method: Literal["mean", "median", "weighted", "vote"] = Field(
        default="mean", description="`weighted` needs weights; `vote` is the sign that most of them have."
    )
    weights: dict[Identifier, Annotated[float, Field(gt=0, le=1_000_000)]] | None = Field(
        default=None,
        description="How much each model counts, by id.",
        examples=[{"lstm_price_predictor": 0.7, "arima_trend": 0.3}],
    )

    @model_validator(mode="after")
    def _every_model_has_a_weight(self) -> Self:
        twice = sorted({name for name in self.models if self.models.count(name) > 1})
        if twice:
            message = f"expected each model once, got {', '.join(twice)} more than once"
            raise ValueError(message)
        if (self.method == "weighted") != (self.weights is not None):
            message = f"expected weights exactly where method is 'weighted', got method {self.method!r}"
            raise ValueError(message)
        for name in self.weights or {}:
            if name not in self.models:
                message = f"expected weights of its models, got one of {name!r}{did_you_mean(name, self.models)}"
                raise ValueError(message)
        missing = [name for name in self.models if name not in (self.weights or self.models)]
        if missing:
            message = f"expected a weight for each model, got none for {', '.join(missing)}"
            raise ValueError(message)
        return self


class Smoothing(Record):
    """Averages an output over bars."""

    model_config = ConfigDict(title="Smoothing")

    id: Identifier = Field(description=_ID, examples=["smooth"])
    type: Literal["smoothing"] = Field(description="Averages an output over bars.")
    model: Identifier = Field(description=_MODEL, examples=["lstm_price_predictor"])
    output: Identifier | None = Field(default=None, description=_OUTPUT)
    method: Literal["sma", "ema", "median"] = Field(default="ema", description="Which average.")
    period: int = Field(default=5, ge=2, le=MAX_BARS, description="Length of the average.", json_schema_extra=_BARS)


class Calibration(Record):
    """Makes a confidence mean what it says: of signals with 0.7, seven in ten come true."""

    model_config = ConfigDict(title="Calibration")

    id: Identifier = Field(description=_ID, examples=["calibrated"])
    type: Literal["calibration"] = Field(description="Makes a confidence mean what it says.")
    model: Identifier = Field(description=_MODEL, examples=["lstm_price_predictor"])
    output: Identifier | None = Field(default="confidence", description=_OUTPUT)
    method: Literal["platt", "isotonic", "temperature"] = Field(
        default="isotonic", description="The curve from stated to observed frequency."
    )
    period: int = Field(
        default=500, ge=10, le=MAX_BARS, description="Forecasts that the curve is fitted to.", json_schema_extra=_BARS
    )


class Clipping(Record):
    """Keeps an output between two bounds."""

    model_config = ConfigDict(title="Clipping")

    id: Identifier = Field(description=_ID, examples=["bounded"])
    type: Literal["clipping"] = Field(description="Keeps an output between two bounds.")
    model: Identifier = Field(description=_MODEL, examples=["lstm_price_predictor"])
    output: Identifier | None = Field(default=None, description=_OUTPUT)
    least: float = Field(description="Lower bound, in the output's unit.", examples=[-0.05])
    most: float = Field(description="Upper bound, in the output's unit.", examples=[0.05])

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> Self:
        if self.least >= self.most:
            message = f"expected least below most ({self.most:g}), got {self.least:g}"
            raise ValueError(message)
        return self


PostProcessingConfig = Annotated[
    ErrorCorrection | Ensemble | Smoothing | Calibration | Clipping, Field(discriminator="type")
]
