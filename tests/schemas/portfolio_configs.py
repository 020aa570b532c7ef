"""Any portfolio, for Hypothesis."""

from hypothesis import strategies as st

from schemas.portfolio import KillSwitch, PortfolioConfig, PortfolioLimits
from tests.strategy_configs import shares, strategy_ids, symbol_patterns

portfolio_ids = st.text("azAZ09_.-", max_size=20).map("p{}".format) | st.just("9" * 64)
exposures = st.floats(0, 1_000, exclude_min=True)
groups = st.dictionaries(
    portfolio_ids,
    st.lists(symbol_patterns, min_size=1, max_size=3, unique_by=lambda each: each.replace("/", "")).map(tuple),
    max_size=3,
)
kill_switches = st.builds(
    KillSwitch,
    action=st.sampled_from(["flatten", "freeze"]),
    max_daily_loss=shares,
    max_drawdown=st.none() | shares,
)


@st.composite
def portfolios(draw: st.DrawFn) -> PortfolioConfig:
    """A portfolio whose parts fit together."""
    grouped = draw(groups)
    ids = draw(st.lists(strategy_ids, min_size=1, max_size=4, unique=True))
    limited = draw(st.lists(st.sampled_from(sorted(grouped)), unique=True)) if grouped else []
    return PortfolioConfig(
        id=draw(portfolio_ids),
        strategies=draw(st.sampled_from([(), tuple(ids)])),
        groups=grouped,
        limits=PortfolioLimits(
            max_gross_exposure=draw(st.none() | exposures),
            max_net_exposure=draw(st.none() | exposures),
            max_symbol_exposure=draw(st.none() | exposures),
            max_group_exposure={name: draw(exposures) for name in limited},
            max_heat=draw(st.none() | shares),
            max_daily_loss=draw(st.none() | shares),
        ),
        conflict=draw(st.sampled_from(["net", "first", "priority"])),
        priorities=tuple(ids[: draw(st.integers(1, len(ids)))]),
        kill_switch=draw(st.none() | kill_switches),
    )
