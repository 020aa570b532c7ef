"""Alert rules from a file, with the files of reference figures that they name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dataflows.errors import FileUnreadable
from dataflows.file_bytes import read_at_most
from schemas.alert_reference import ReferenceFile
from schemas.alert_rule import AlertRules, BandRule, DegradationRule
from schemas.alert_rule_file import (
    MAX_RULES_BYTES,
    AlertRuleFileError,
    ReferenceFileError,
    load_alert_rules,
    load_reference,
)
from schemas.problems import Problem


@dataclass(frozen=True)
class RuleFile:
    """Rules, and the references that they name, by the name that they have there."""

    rules: AlertRules
    references: Mapping[str, ReferenceFile]


def read_rules(path: Path) -> RuleFile:
    """The rules of a file; names of reference files are relative to its folder.

    Raises:
        FileUnreadable: there is no such file.
        AlertRuleFileError: it holds no rules, or a reference that it names cannot be used; all problems are listed.
    """
    rules = load_alert_rules(read_at_most(path, MAX_RULES_BYTES), origin=str(path))
    references: dict[str, ReferenceFile] = {}
    problems: list[Problem] = []
    for where, rule in _with_file(rules):
        name = rule.reference.file or ""
        try:
            if name not in references:
                references[name] = load_reference(read_at_most(path.parent / name, MAX_RULES_BYTES), origin=name)
        except ReferenceFileError as error:
            problems += [Problem(where, f"{name}: {problem}") for problem in error.problems]
            continue
        except FileUnreadable as error:
            problems.append(Problem(where, str(error)))
            continue
        problems += [Problem(where, f"{name}: {text}") for text in _unfit(rule, references[name])]
    if problems:
        raise AlertRuleFileError(str(path), problems)
    return RuleFile(rules, references)


def _with_file(rules: AlertRules) -> Iterator[tuple[str, BandRule | DegradationRule]]:
    for index, rule in enumerate(rules.rules):
        if isinstance(rule, BandRule | DegradationRule) and rule.reference.file is not None:
            yield f"rules.{index}.reference.file", rule


def _unfit(rule: BandRule | DegradationRule, held: ReferenceFile) -> Iterator[str]:
    """What the file lacks of what the rule needs."""
    if isinstance(rule, DegradationRule):
        if held.trades is None:
            yield "expected the figures of trades, got none: a degradation rule judges returns of trades"
    elif held.bars is None:
        yield "expected the figures of bars, got none: a band rule judges returns of bars"
    elif held.bars.variance == 0:
        yield "bars.variance: expected a number greater than 0, got 0"
