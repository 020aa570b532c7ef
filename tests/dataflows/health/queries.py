"""The queries of dashboards and alert rules, taken apart: which metrics they name, by which labels."""

from typing import NamedTuple

from promql_parser import AggModifierType, AggregateExpr, Expr, VectorSelector, parse, walk


class Selected(NamedTuple):
    """A metric of a query, with the labels that it is selected by, or added up by."""

    metric: str
    labels: frozenset[str]


def selected(query: str) -> list[Selected]:
    """Every metric of a query; ValueError where it is no query.

    >>> [one.metric for one in selected('sum by (le) (rate(a_bucket{x="1"}[5m])) / b')]
    ['a_bucket', 'b']
    >>> sorted(selected('sum by (le) (rate(a_bucket{x="1"}[5m])) / b')[0].labels)
    ['le', 'x']
    """
    around: list[frozenset[str]] = []
    found: list[Selected] = []

    def enter(expression: Expr) -> None:
        if isinstance(expression, AggregateExpr):
            by = expression.modifier
            assert by is None or by.type == AggModifierType.By, query
            around.append(frozenset(by.labels if by is not None else ()))
        elif isinstance(expression, VectorSelector):
            matched = frozenset(matcher.name for matcher in expression.matchers.matchers)
            found.append(Selected(expression.name or "", matched.union(*around)))

    def leave(expression: Expr) -> None:
        if isinstance(expression, AggregateExpr):
            around.pop()

    walk(parse(query), enter, leave)
    return found
