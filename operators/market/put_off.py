"""Dead letters of candles that were refused while others were put off: told in the place where they belong.

To work what was put off for every candle that is refused would cut a batch at each of them, which costs a hundred times
what refusing it does. So the letter waits, and stands afterwards where it would stand if nothing had ever been put off:
behind the alerts of all bars that had closed by then. What else is emitted goes to other topics.
"""

from operators.market.book import Book, Out
from operators.market.grid import Grid
from schemas.alert import Alert
from schemas.record import to_milliseconds


class PutOff:
    """Letters that wait for the candles before them to be worked; none waits between two batches."""

    def __init__(self) -> None:
        self._letters: list[Out] = []
        self._watermarks: list[int] = []

    def after(self, book: Book) -> Out:
        """Where the letter goes of a candle that comes now."""
        letters: Out = []
        self._letters.append(letters)
        self._watermarks.append(book.watermark or 0)
        return letters

    def into(self, out: Out, first: int, grid: Grid) -> None:
        """Everything that was put off is worked, and what came of it begins at ``first``: add the letters to it."""
        if not self._letters:
            return
        worked, letters, watermarks = out[first:], self._letters, self._watermarks
        self._letters, self._watermarks = [], []
        del out[first:]
        told = 0
        for item in worked:
            if isinstance(item, Alert):
                closed = _told_at(item, grid)
                while told < len(letters) and watermarks[told] < closed:
                    out += letters[told]
                    told += 1
            out.append(item)
        for some in letters[told:]:
            out += some


def _told_at(alert: Alert, grid: Grid) -> int:
    """The close of the bar with which an alert is told; one for missing bars has the time at which they end."""
    at = to_milliseconds(alert.event_time)
    bucket = grid.bucket(at, alert.timeframe) if alert.kind == "gap" and alert.timeframe is not None else None
    return at if bucket is None else bucket[1]
