"""The check of an indicator's parameters: every problem at once, each with its place and the nearest valid name."""

from collections.abc import Mapping, Sequence

from operators.indicators.definition import PRICE_SOURCES, IndicatorDefinition, Number, Parameter, fold
from operators.indicators.kernels.talib_kernel import kernel_of
from operators.indicators.longest import longest_that_works
from operators.indicators.memory import FOREVER, LONGEST_MEMORY
from schemas.json_value import in_json
from schemas.names import did_you_mean
from schemas.problems import Problem

PRICE_NAMES = ("price", "source", "price_source", "input")
_SHOWN = 60  # characters of a wrong value that an error repeats


class IndicatorError(ValueError):
    """An indicator cannot be used. ``problems`` has all that was found; the text has one on each line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))


class Checker:
    """Reads one indicator's parameters and collects what is wrong with them.

    Attributes:
        numbers: every parameter and threshold by canonical name; defaults until ``read``.
        source: the price that the indicator is to read.
        problems: what was found so far.
    """

    def __init__(self, definition: IndicatorDefinition, where: str) -> None:
        self._definition = definition
        self._where = where
        self._known = (*definition.parameters, *definition.thresholds)
        self._given: dict[str, str] = {}
        self._refused: set[str] = set()
        self.numbers: dict[str, Number] = {parameter.name: parameter.default for parameter in self._known}
        self.source = "close"
        self.problems: list[Problem] = []

    def read(self, parameters: Mapping[str, object]) -> None:
        """Take what the strategy sets, name by name, then check what must hold between them."""
        for name, value in parameters.items():
            folded = fold(name)
            targets = [parameter for parameter in self._known if parameter.answers_to(folded)]
            for parameter in targets:
                self._take(name, parameter, value)
            if not targets:
                self._other(name, folded, value)
        self._check_order()

    def finish(self) -> None:
        """Raise what was found; if nothing was, what is wrong with the numbers taken together.

        Raises:
            IndicatorError: if anything is.
        """
        if not self.problems:
            self._check_together()
        if self.problems:
            raise IndicatorError(self.problems)

    def _take(self, name: str, parameter: Parameter, value: object) -> None:
        if self._first(name, parameter.name):
            number = self._number(name, parameter, value)
            if number is None:
                self._refused.add(parameter.name)
            else:
                self.numbers[parameter.name] = number

    def _first(self, name: str, canonical: str) -> bool:
        """Whether nothing else set this parameter before; reports it if so."""
        earlier = self._given.setdefault(canonical, name)
        if earlier != name:
            self._report(name, f'sets {canonical}, which "{earlier}" has set already, expected one of the two')
        return earlier == name

    def _number(self, name: str, parameter: Parameter, value: object) -> Number | None:
        if isinstance(value, str) and (chosen := _choice(parameter, value)) is not None:
            return chosen
        expected = f"expected {_expected(parameter)}"
        if parameter.choices and isinstance(value, str) and value[:1].isalpha():  # no time of day is near to another
            expected += did_you_mean(value, tuple(parameter.choices))
        if isinstance(value, bool) or not isinstance(value, int | float) or parameter.only_by_name:
            self._report(name, f"{expected}, found {in_json(value, _SHOWN)}")
            return None
        whole = not isinstance(value, float) or value.is_integer()
        within = parameter.minimum <= value <= parameter.maximum  # never true of NaN
        if not within or (parameter.kind is int and not whole):
            self._report(name, f"{expected}, found {in_json(value, _SHOWN)}")
            return None
        return parameter.kind(value)

    def _other(self, name: str, folded: str, value: object) -> None:
        """A name that is no number's: the price, or a mistake."""
        if folded not in map(fold, PRICE_NAMES):
            names = [parameter.name for parameter in self._known]
            names += ["price"] if self._definition.takes_price else []
            near = [*names, *(alias for parameter in self._known for alias in parameter.aliases)]
            known = f"{did_you_mean(name, near)}, expected one of {', '.join(names)}"
            self._report(name, f'{self._definition.name} has no parameter "{name}"{known}')
        elif not self._definition.takes_price:
            reads = ", ".join(self._definition.inputs)
            self._report(name, f"{self._definition.name} always reads {reads}, expected no choice of price")
        elif (series := len(self._definition.chosen)) > 1:
            self._report(name, f"{self._definition.name} reads {series} series, expected a source for each")
        elif self._first(name, "price"):
            self._take_price(name, value)

    def _take_price(self, name: str, value: object) -> None:
        source = value.casefold() if isinstance(value, str) else None
        if source in PRICE_SOURCES:
            self.source = source
            return
        suggestion = did_you_mean(source, PRICE_SOURCES) if source is not None else ""
        self._report(name, f"expected one of {', '.join(PRICE_SOURCES)}, found {in_json(value, _SHOWN)}{suggestion}")

    def _check_order(self) -> None:
        for lesser, greater in self._definition.ordered:
            low, high = self.numbers[lesser], self.numbers[greater]
            if low >= high and self._refused.isdisjoint((lesser, greater)):
                self._report(lesser, f"expected less than {greater} ({high:g}), found {low:g}")

    def _check_together(self) -> None:
        """What TA-Lib refuses, and what would have to remember more than a series keeps."""
        definition = self._definition
        written = ", ".join(f"{one.name} {_plain(one, self.numbers[one.name])}" for one in definition.parameters)
        if kernel_of(definition).lookback(self.numbers) < 0:
            message = f"{definition.name} cannot be computed with {written}, expected numbers that fit together"
            self.problems.append(Problem(self._where, message))
            return
        memory = definition.memory(self.numbers)
        if memory <= LONGEST_MEMORY:
            return
        name, hint = longest_that_works(definition, self.numbers)
        place = f"{self._where}.{self._given.get(name, name)}" if name else self._where
        message = (
            f"{definition.name} with {written} depends on {_bars(memory)} before each bar, expected at most "
            f"{LONGEST_MEMORY:,}{hint}"
        )
        self.problems.append(Problem(place, message))

    def _report(self, name: str, message: str) -> None:
        problem = Problem(f"{self._where}.{name}", message)
        if problem not in self.problems:  # one name may set two parameters, and be wrong for both
            self.problems.append(problem)


def _choice(parameter: Parameter, value: str) -> Number | None:
    """The number that a name stands for."""
    if value in parameter.choices:
        return parameter.choices[value]  # Etc/GMT-0 and Etc/GMT0 are two zones
    names = {fold(name): number for name, number in parameter.choices.items()}
    return names.get(fold(value))


def _expected(parameter: Parameter) -> str:
    """What a parameter takes."""
    number = f"{'an integer' if parameter.kind is int else 'a number'} from {parameter.minimum} to {parameter.maximum}"
    if not parameter.choices:
        return number
    names = parameter.written or f"one of {', '.join(parameter.choices)}"
    return names if parameter.only_by_name else f"{names}, or {number}"


def _plain(parameter: Parameter, value: Number) -> str:
    return parameter.text(value) if parameter.choices else f"{value:g}"


def _bars(memory: int) -> str:
    return f"{memory:,} bars" if memory < FOREVER else "all bars"
