"""From the sections of a strategy to distances."""

from operators.positions.plan import Plan, Reach, missing_atr, plan_of, time_is_up
from schemas.execution import ExecutionConfig
from schemas.risk import RiskConfig


def test_each_exit_has_its_distance_and_an_atr_is_asked_for_once() -> None:
    risk = RiskConfig.model_validate(
        {
            "stop_loss": {"method": "atr", "multiple": 2.0, "period": 20},
            "take_profit": {"method": "fraction", "fraction": 0.05},
            "trailing_stop": {"method": "atr", "multiple": 3.0, "period": 10},
            "break_even": {"method": "fraction", "fraction": 0.01},
            "max_bars_held": 7,
        }
    )
    execution = ExecutionConfig.model_validate(
        {
            "scale_out": (
                {"at": {"method": "atr", "multiple": 1.0, "period": 20}, "fraction": 0.5},
                {"at": {"method": "fraction", "fraction": 0.03}, "fraction": 0.25},
            )
        }
    )
    assert plan_of(risk, execution.scale_out) == Plan(
        stop_loss=Reach(0.0, 2.0, 0),
        take_profit=Reach(0.05, 0.0, 0),
        trailing_stop=Reach(0.0, 3.0, 1),
        break_even=Reach(0.01, 0.0, 0),
        parts=((Reach(0.0, 1.0, 0), 0.5), (Reach(0.03, 0.0, 0), 0.25)),
        max_bars_held=7,
        atr_periods=(20, 10),
        moves=True,
    )


def test_nothing_asked_for_is_nothing_planned() -> None:
    assert plan_of(RiskConfig()) == Plan()


def test_an_entry_waits_for_every_atr() -> None:
    plan = Plan(atr_periods=(20, 10))
    assert missing_atr(plan, (1.0, float("nan"))) == 10
    assert missing_atr(plan, (0.0, 1.0)) == 20
    assert missing_atr(plan, (1.0, 1.0)) is None
    assert missing_atr(Plan(), ()) is None


def test_the_time_is_up_from_the_last_bar_on() -> None:
    assert [time_is_up(Plan(max_bars_held=2), bars) for bars in (1, 2, 3)] == [False, True, True]
