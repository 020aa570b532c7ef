"""A model that a strategy declares: what it learns from, what it gives, and how it is trained."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from schemas.hyperparameters import (
    ArimaParameters,
    BoostingParameters,
    CnnParameters,
    EtsParameters,
    ForestParameters,
    GarchParameters,
    LinearParameters,
    MlpParameters,
    RecurrentParameters,
    TransformerParameters,
)
from schemas.identifiers import Identifier, Reference
from schemas.record import Record
from schemas.units import unit

NetworkFramework = Literal["tensorflow", "pytorch", "onnx"]
Inputs = Annotated[tuple[Reference, ...], Field(min_length=1, max_length=200)]
Outputs = Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=32)]

_ID = "The model's name: expressions read `id.output`."
_INPUTS = "What it reads at each bar: candle fields, prices, indicators of the file (`rsi_14`, `macd.signal`)."
_OUTPUTS = "What it gives at each bar, by name; expressions read `id.output`."
_TRAINING = "On what, and how often, it is trained."


class Training(Record):
    """On what, and how often, a model is trained."""

    model_config = ConfigDict(title="Training")

    lookback_days: int = Field(
        default=365,
        ge=1,
        le=36_500,
        description="How much history it learns from.",
        json_schema_extra=unit("days"),
    )
    validation_split: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="The last part of the history, kept for validation.",
        json_schema_extra=unit("fraction of the history"),
    )
    retrain_frequency: Literal["never", "daily", "weekly", "monthly", "quarterly"] = Field(
        default="never", description="How often it is trained anew."
    )


class MlModel(Record):
    """What every machine-learning model has."""

    id: Identifier = Field(description=_ID, examples=["lstm_price_predictor"])
    type: Literal["ml"] = Field(description="A machine-learning model.")
    inputs: Inputs = Field(description=_INPUTS, examples=[["close", "volume", "rsi_14", "macd_signal"]])
    outputs: Outputs = Field(description=_OUTPUTS, examples=[["price_prediction", "confidence"]])
    training: Training = Field(default=Training(), description=_TRAINING)


class TraditionalModel(Record):
    """What every statistical model has. The first of its inputs is what it forecasts."""

    id: Identifier = Field(description=_ID, examples=["arima_trend"])
    type: Literal["traditional"] = Field(description="A statistical model.")
    inputs: Inputs = Field(default=("close",), description=_INPUTS)
    outputs: Outputs = Field(default=("forecast",), description=_OUTPUTS)
    training: Training = Field(default=Training(), description=_TRAINING)


class LstmModel(MlModel):
    """A long short-term memory network over the last ``sequence_length`` bars."""

    model_config = ConfigDict(title="LSTM")

    subtype: Literal["lstm"] = Field(description="A long short-term memory network.")
    framework: NetworkFramework = Field(description="What it is made with.")
    config: RecurrentParameters = Field(default=RecurrentParameters(), description="Hyperparameters.")


class GruModel(MlModel):
    """A gated recurrent network over the last ``sequence_length`` bars."""

    model_config = ConfigDict(title="GRU")

    subtype: Literal["gru"] = Field(description="A gated recurrent network.")
    framework: NetworkFramework = Field(description="What it is made with.")
    config: RecurrentParameters = Field(default=RecurrentParameters(), description="Hyperparameters.")


class MlpModel(MlModel):
    """A network of dense layers over the inputs of one bar."""

    model_config = ConfigDict(title="MLP")

    subtype: Literal["mlp"] = Field(description="A network of dense layers.")
    framework: NetworkFramework | Literal["scikit-learn"] = Field(description="What it is made with.")
    config: MlpParameters = Field(default=MlpParameters(), description="Hyperparameters.")


class CnnModel(MlModel):
    """A convolutional network over the last ``sequence_length`` bars."""

    model_config = ConfigDict(title="CNN")

    subtype: Literal["cnn"] = Field(description="A convolutional network.")
    framework: NetworkFramework = Field(description="What it is made with.")
    config: CnnParameters = Field(default=CnnParameters(), description="Hyperparameters.")


class TransformerModel(MlModel):
    """An attention network over the last ``sequence_length`` bars."""

    model_config = ConfigDict(title="Transformer")

    subtype: Literal["transformer"] = Field(description="An attention network.")
    framework: NetworkFramework = Field(description="What it is made with.")
    config: TransformerParameters = Field(default=TransformerParameters(), description="Hyperparameters.")


class ForestModel(MlModel):
    """A random forest over the inputs of one bar."""

    model_config = ConfigDict(title="Random forest")

    subtype: Literal["random_forest"] = Field(description="A random forest.")
    framework: Literal["scikit-learn", "onnx"] = Field(default="scikit-learn", description="What it is made with.")
    config: ForestParameters = Field(default=ForestParameters(), description="Hyperparameters.")


class BoostingModel(MlModel):
    """Gradient-boosted trees over the inputs of one bar."""

    model_config = ConfigDict(title="Gradient boosting")

    subtype: Literal["gradient_boosting"] = Field(description="Gradient-boosted trees.")
    framework: Literal["scikit-learn", "xgboost", "lightgbm", "onnx"] = Field(description="What it is made with.")
    config: BoostingParameters = Field(default=BoostingParameters(), description="Hyperparameters.")


class ArimaModel(TraditionalModel):
    """An autoregressive integrated moving-average model; further inputs are regressors."""

    model_config = ConfigDict(title="ARIMA")

    subtype: Literal["arima"] = Field(description="An autoregressive integrated moving-average model.")
    config: ArimaParameters = Field(description="Orders.")


class LinearModel(TraditionalModel):
    """A linear regression of the next value on all inputs."""

    model_config = ConfigDict(title="Linear regression")

    subtype: Literal["linear_regression"] = Field(description="A linear regression.")
    config: LinearParameters = Field(default=LinearParameters(), description="Window and penalty.")


class EtsModel(TraditionalModel):
    """Exponential smoothing: level, trend and season."""

    model_config = ConfigDict(title="ETS")

    subtype: Literal["ets"] = Field(description="Exponential smoothing.")
    config: EtsParameters = Field(default=EtsParameters(), description="Its components.")


class GarchModel(TraditionalModel):
    """A model of the volatility of the first input's returns."""

    model_config = ConfigDict(title="GARCH")

    subtype: Literal["garch"] = Field(description="Conditional volatility of returns.")
    config: GarchParameters = Field(default=GarchParameters(), description="Orders and distribution.")
    outputs: Outputs = Field(default=("volatility",), description=_OUTPUTS)


ModelConfig = Annotated[
    LstmModel
    | GruModel
    | MlpModel
    | CnnModel
    | TransformerModel
    | ForestModel
    | BoostingModel
    | ArimaModel
    | LinearModel
    | EtsModel
    | GarchModel,
    Field(discriminator="subtype"),
]
