"""Orders without a price: filled where the market stands, at an open or at a close."""

from math import nan
from typing import Literal

from operators.positions.bar import Bar
from operators.positions.costs import Costs, market_fee, market_price
from operators.positions.fill import Fill, Side

At = Literal["open", "close"]


def market_fill(  # noqa: PLR0913, PLR0917  # an order has a place, a side, a size, a reason and terms
    costs: Costs, bar: Bar, at: At, side: Side, quantity: float, reason: str, atr: float = nan
) -> Fill | None:
    """The fill of a market order of ``quantity`` units (above zero) at the open or at the close of a bar.

    None in a bar without volume: nothing was traded that it could have had a share of, and it goes on waiting. A bar of
    one tick, all four prices equal, fills it.

    Raises:
        ValueError: as ``market_price``.

    >>> bar = Bar(open=100.0, high=101.0, low=99.0, close=100.5, volume=8.0, open_time=0, close_time=60_000)
    >>> market_fill(Costs(taker=0.01), bar, "open", "buy", 2.0, "dip_over")
    Fill(time=0, side='buy', quantity=2.0, price=100.0, fee=2.0, reason='dip_over')
    >>> market_fill(Costs(), bar, "close", "sell", 2.0, "done").price
    100.5
    >>> market_fill(Costs(), bar._replace(volume=0.0), "open", "buy", 2.0, "dip_over") is None
    True
    """
    if not bar.volume:
        return None
    time, price = (bar.open_time, bar.open) if at == "open" else (bar.close_time, bar.close)
    price = market_price(costs, side, price, bar, atr)
    return Fill(time, side, quantity, price, market_fee(costs, quantity, price), reason)
