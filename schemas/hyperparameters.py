"""The hyperparameters of each kind of model, bounded so that a slip of the finger costs no machine a week."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.record import Record
from schemas.units import unit

Units = Annotated[int, Field(ge=1, le=16_384)]
_BARS = unit("bars")
_EPOCHS = "Passes over the training data."
_BATCH = "Examples per step of training."
_RATE = "Step size of the optimizer."
_DROPOUT = "Share of units left out at random in training."
_SEQUENCE = "Bars that it sees at once."
_SEED = "Seed of everything random in training, so that it can be repeated."


class NetworkTraining(Record):
    """What the training of every network shares."""

    epochs: int = Field(default=50, ge=1, le=10_000, description=_EPOCHS, json_schema_extra=unit("passes"))
    batch_size: int = Field(default=32, ge=1, le=65_536, description=_BATCH, json_schema_extra=unit("examples"))
    learning_rate: float = Field(default=0.001, gt=0, le=1, description=_RATE)
    optimizer: Literal["adam", "adamw", "rmsprop", "sgd"] = Field(default="adam", description="How weights are moved.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description=_SEED)


class RecurrentParameters(NetworkTraining):
    """Of an LSTM or a GRU."""

    model_config = ConfigDict(title="Recurrent network")

    sequence_length: int = Field(default=60, ge=2, le=10_000, description=_SEQUENCE, json_schema_extra=_BARS)
    hidden_units: Units = Field(default=64, description="Units of each layer.")
    layers: int = Field(default=1, ge=1, le=64, description="Layers on top of each other.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description=_DROPOUT)


class MlpParameters(NetworkTraining):
    """Of a network of dense layers."""

    model_config = ConfigDict(title="Dense network")

    hidden_layers: tuple[Units, ...] = Field(
        default=(64, 32), min_length=1, max_length=64, description="Units of each layer, from the first."
    )
    activation: Literal["relu", "tanh", "gelu"] = Field(default="relu", description="What a unit does with its sum.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description=_DROPOUT)


class CnnParameters(NetworkTraining):
    """Of a convolutional network. The kernel fits into the sequence."""

    model_config = ConfigDict(title="Convolutional network")

    sequence_length: int = Field(default=60, ge=2, le=10_000, description=_SEQUENCE, json_schema_extra=_BARS)
    filters: Units = Field(default=32, description="Filters of each layer.")
    kernel_size: int = Field(default=3, ge=1, le=1_000, description="Bars under one filter.", json_schema_extra=_BARS)
    layers: int = Field(default=2, ge=1, le=64, description="Layers on top of each other.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description=_DROPOUT)

    @model_validator(mode="after")
    def _kernel_fits(self) -> Self:
        if self.kernel_size > self.sequence_length:
            message = f"expected kernel_size within sequence_length ({self.sequence_length}), got {self.kernel_size}"
            raise ValueError(message)
        return self


class TransformerParameters(NetworkTraining):
    """Of an attention network. The heads share the units evenly."""

    model_config = ConfigDict(title="Attention network")

    sequence_length: int = Field(default=60, ge=2, le=10_000, description=_SEQUENCE, json_schema_extra=_BARS)
    model_units: Units = Field(default=64, description="Width of the model.")
    heads: int = Field(default=4, ge=1, le=256, description="Attention heads; they divide `model_units`.")
    layers: int = Field(default=2, ge=1, le=64, description="Layers on top of each other.")
    dropout: float = Field(default=0.1, ge=0, lt=1, description=_DROPOUT)

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.model_units % self.heads:
            message = f"expected model_units to be a multiple of heads ({self.heads}), got {self.model_units}"
            raise ValueError(message)
        return self


class ForestParameters(Record):
    """Of a random forest."""

    model_config = ConfigDict(title="Random forest parameters")

    trees: int = Field(default=200, ge=1, le=100_000, description="Trees in the forest.")
    max_depth: int | None = Field(default=None, ge=1, le=1_000, description="Deepest a tree grows; null: no bound.")
    min_samples_leaf: int = Field(default=1, ge=1, le=1_000_000, description="Least examples in a leaf.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description=_SEED)


class BoostingParameters(Record):
    """Of gradient-boosted trees."""

    model_config = ConfigDict(title="Gradient boosting parameters")

    trees: int = Field(default=200, ge=1, le=100_000, description="Trees, one after another.")
    max_depth: int = Field(default=6, ge=1, le=100, description="Deepest a tree grows.")
    learning_rate: float = Field(default=0.1, gt=0, le=1, description="How much each tree counts.")
    subsample: float = Field(default=1.0, gt=0, le=1, description="Share of the examples that each tree sees.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description=_SEED)


Order = Annotated[int, Field(ge=0, le=100)]


class ArimaParameters(Record):
    """The orders of an ARIMA model."""

    model_config = ConfigDict(title="ARIMA parameters")

    order: tuple[Order, Order, Order] = Field(
        description="p, d, q: autoregressive terms, differences, moving-average terms.", examples=[[2, 1, 2]]
    )
    seasonal_order: tuple[Order, Order, Order, Annotated[int, Field(ge=0, le=10_000)]] | None = Field(
        default=None,
        description="P, D, Q and the length of a season in bars; null: no season.",
        examples=[[1, 1, 1, 24]],
        json_schema_extra=unit("the last in bars"),
    )

    @model_validator(mode="after")
    def _season_has_a_length(self) -> Self:
        if self.seasonal_order is not None and any(self.seasonal_order[:3]) and self.seasonal_order[3] < 2:  # noqa: PLR2004  # a season of one bar is none
            message = f"expected a season of at least 2 bars in seasonal_order, got {self.seasonal_order[3]}"
            raise ValueError(message)
        return self


class LinearParameters(Record):
    """Of a linear regression. ``alpha`` is the weight of the penalty, where there is one."""

    model_config = ConfigDict(title="Linear regression parameters")

    lookback: int = Field(
        default=100, ge=2, le=100_000, description="Bars that it is fitted to.", json_schema_extra=_BARS
    )
    penalty: Literal["none", "ridge", "lasso"] = Field(default="none", description="What keeps weights small.")
    alpha: float = Field(default=1.0, ge=0, le=1_000_000, description="Weight of the penalty.")


class EtsParameters(Record):
    """The components of exponential smoothing. A seasonal one has a period."""

    model_config = ConfigDict(title="ETS parameters")

    trend: Literal["none", "additive", "multiplicative"] = Field(default="additive", description="Kind of trend.")
    damped: bool = Field(default=False, description="Whether the trend flattens out.")
    seasonal: Literal["none", "additive", "multiplicative"] = Field(default="none", description="Kind of season.")
    seasonal_period: int | None = Field(
        default=None, ge=2, le=10_000, description="Length of a season.", json_schema_extra=_BARS
    )

    @model_validator(mode="after")
    def _season_has_a_length(self) -> Self:
        if (self.seasonal != "none") != (self.seasonal_period is not None):
            got = "none" if self.seasonal_period is None else self.seasonal_period
            message = f"expected seasonal_period exactly where there is a season, got {got}"
            raise ValueError(message)
        return self


class GarchParameters(Record):
    """The orders of a GARCH model, and what its shocks are drawn from."""

    model_config = ConfigDict(title="GARCH parameters")

    p: int = Field(default=1, ge=1, le=100, description="Lags of the squared shocks.", json_schema_extra=_BARS)
    q: int = Field(default=1, ge=0, le=100, description="Lags of the variance.", json_schema_extra=_BARS)
    mean: Literal["zero", "constant", "ar"] = Field(default="constant", description="Model of the mean return.")
    distribution: Literal["normal", "t", "skewt"] = Field(default="normal", description="Distribution of the shocks.")
