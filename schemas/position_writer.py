"""The hot path of positions: Avro bytes by the current schemas, with what repeats from one to the next encoded once."""

from operator import itemgetter
from typing import Final

from schemas.avro.figures import Figures
from schemas.avro.pieces import text
from schemas.fill_writer import ID_LENGTH, NULL, SOME, FillWriter, optional_id
from schemas.position import PositionChange
from schemas.trade import Trade

_STOPPED: Final = (b"\x00", b"\x01")

_SERIES = itemgetter("strategy", "version", "symbol", "timeframe")


class ChangeWriter:
    """Writes changes after ``header``: the bytes that Avro's general writer gives, at a small part of its cost.

    Source: Avro 1.11 specification, "Binary encoding"; the order of the fields is that of
    ``avro/position_change.avsc``.
    """

    def __init__(self, header: bytes) -> None:
        self._header = header + ID_LENGTH
        self._parts = FillWriter()
        self._held = Figures("d?d")
        self._money = Figures("ddddd???")

    def write(self, change: PositionChange) -> bytes:
        """The payload of a change."""
        written, texts = self._parts, self._parts.texts
        parts = [
            self._header,
            change.id.encode(),
            written.series[_SERIES(change.__dict__)],
            written.times[change.open_time],
            written.times[change.close_time],
            written.numbers[change.number],
            texts[change.change],
            texts[change.position],
            self._held.write((change.quantity, change.average_price, change.price)),
        ]
        written.add_fills(parts, change.fills)
        parts += (
            self._money.write(
                (
                    change.realised,
                    change.unrealised,
                    change.fees,
                    change.cash,
                    change.equity,
                    change.stop_price,
                    change.target_price,
                    change.liquidation_price,
                )
            ),
            text(change.reason),
            optional_id(change.signal),
        )
        if change.refusal is None:
            parts.append(NULL)
        else:
            parts.append(SOME)
            written.add_limit(parts, change.refusal)
        return b"".join(parts)


class TradeWriter:
    """Writes trades after ``header``, as `ChangeWriter` does changes.

    Source: Avro 1.11 specification, "Binary encoding"; the order of the fields is that of ``avro/trade.avsc``.
    """

    def __init__(self, header: bytes) -> None:
        self._header = header + ID_LENGTH
        self._parts = FillWriter()
        self._money = Figures("ddddddd")
        self._outcome = Figures("ddd")

    def write(self, trade: Trade) -> bytes:
        """The payload of a trade."""
        written, texts, numbers = self._parts, self._parts.texts, self._parts.numbers
        parts = [
            self._header,
            trade.id.encode(),
            written.series[_SERIES(trade.__dict__)],
            numbers[trade.number],
            texts[trade.side],
            written.times[trade.entry_time],
            written.times[trade.exit_time],
            self._money.write(
                (
                    trade.quantity,
                    trade.entry_price,
                    trade.exit_price,
                    trade.gross,
                    trade.fees,
                    trade.profit,
                    trade.profit_fraction,
                )
            ),
            numbers[trade.entries],
            numbers[trade.exits],
            numbers[trade.bars_held],
            texts[trade.entry_reason],
            texts[trade.exit_reason],
            _STOPPED[trade.stopped],
            self._outcome.write((trade.adverse_excursion, trade.favourable_excursion, trade.equity)),
        ]
        written.add_fills(parts, trade.fills)
        parts += (optional_id(trade.entry_signal), optional_id(trade.exit_signal))
        return b"".join(parts)
