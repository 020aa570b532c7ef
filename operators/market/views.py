"""Who is shown the same frames, among strategies that call computations by other names than the series does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class View:
    """Strategies that can share frames.

    Attributes:
        columns: the series' name of every column that they read by the strategies'.
        keys: the strategies' keys.
    """

    columns: dict[str, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)


def views_of(strategies: Iterable[tuple[str, Mapping[str, str]]]) -> list[View]:
    """As few views as it takes: strategies are apart only where one name means two computations.

    >>> views = views_of([("a", {"x": "x#1"}), ("b", {"x": "x#2"}), ("c", {"y": "y#1"})])
    >>> [view.keys for view in views]
    [['a', 'c'], ['b']]
    """
    views: list[View] = []
    for key, columns in strategies:
        view = next((view for view in views if _agree(view.columns, columns)), None)
        if view is None:
            view = View()
            views.append(view)
        view.columns.update(columns)
        view.keys.append(key)
    return views


def _agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(one.get(name, known) == known for name, known in other.items())
