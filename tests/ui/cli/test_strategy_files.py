"""`candelabra strategy` on files alone: templates, clones, schemas, differences and explanations, without a broker."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dataflows.template_files import template_bytes, template_names
from operators.indicators.json_schema import indicator_kinds
from schemas.json_schema import json_schemas
from schemas.strategy_file import load_strategy
from tests.ui.cli.conftest import Cli

Write = Callable[..., Path]
SCHEMAS = json_schemas(indicator_kinds())

MODEL = {
    "id": "trend",
    "type": "traditional",
    "subtype": "ets",
    "inputs": ["close"],
    "outputs": ["forecast"],
}


def test_a_model_that_cannot_run_yet_is_a_warning_that_names_it(cli: Cli, strategy_file: Write) -> None:
    path = strategy_file(models=[MODEL])
    said = cli("strategy", "validate", path)
    assert said.code == 0
    assert "would be refused at deploy: models.0: expected a model that this release can run" in said.out
    [warning] = cli("strategy", "validate", path, "--json").json["warnings"][str(path)]
    assert "'trend' of type traditional/ets" in warning


def test_a_side_that_is_never_left_is_a_warning(cli: Cli, strategy_file: Write) -> None:
    path = strategy_file(rules={"entry": {"condition": "rsi < 45"}})
    said = cli("strategy", "validate", path)
    assert said.code == 0
    assert f"ok {path}: swing, 1 rule\n" in said.out
    assert "nothing leaves a long position: no exit rule of that side" in said.out


def test_what_a_short_position_cannot_reach_is_told_at_its_place(cli: Cli, strategy_file: Write) -> None:
    rules = {
        "entry": {"condition": "rsi > 55", "side": "short"},
        "exit": {"condition": "rsi < 45", "side": "short"},
    }
    refused = cli("strategy", "validate", strategy_file(rules=rules, risk={"stop_loss": 1.0}))
    assert refused.code == 1
    assert "- risk.stop_loss: expected less than 1, got 1: " in refused.err
    assert "a rise by it costs a short position all that it was worth" in refused.err
    path = strategy_file(rules=rules, risk={"break_even": 1.5})
    [warning] = cli("strategy", "validate", path, "--json").json["warnings"][str(path)]
    assert warning.startswith("risk.break_even: a short position never gets as far as 1.5: expected less than 1")


LIMITED = {"limits": {"max_concurrent_positions": 3}}


@pytest.mark.parametrize(("symbols", "pattern"), [({}, "*"), ({"symbols": ["BTCUSDT", "ETH*"]}, "ETH*")])
def test_what_only_a_portfolio_counts_is_told_with_the_way_to_count_it(
    cli: Cli, strategy_file: Write, symbols: dict[str, list[str]], pattern: str
) -> None:
    path = strategy_file(risk=LIMITED, **symbols)
    line = (
        f"risk.limits.max_concurrent_positions: counts only in a portfolio that follows the strategy: '{pattern}' "
        "leaves open which symbols there are to wait for. Name all of them in `symbols`, and it counts over them "
        "together"
    )
    assert cli("strategy", "validate", path, "--json").json["warnings"][str(path)] == [line]


def test_what_counts_over_several_symbols_is_told_to_wait_for_the_slowest(cli: Cli, strategy_file: Write) -> None:
    path = strategy_file(risk=LIMITED, symbols=["BTC/USDT", "ETHUSDT"])
    line = (
        "risk.limits.max_concurrent_positions: counts over all series of its 2 symbols together: the strategy waits "
        "for the slowest of them"
    )
    assert cli("strategy", "validate", path, "--json").json["warnings"][str(path)] == [line]
    assert f"   {line}\n" in cli("strategy", "validate", path).out


@pytest.mark.parametrize(
    "more",
    [{"risk": LIMITED, "symbols": ["BTC/USDT"]}, {"risk": {"limits": {"max_drawdown": 0.5}}}, {}],
    ids=["one symbol", "another limit", "no risk"],
)
def test_a_strategy_that_waits_for_nothing_but_itself_is_told_nothing_of_it(
    cli: Cli, strategy_file: Write, more: dict[str, object]
) -> None:
    path = strategy_file(**more)
    assert cli("strategy", "validate", path, "--json").json["warnings"][str(path)] == []


@pytest.mark.parametrize("key", ["commission", "fee"])
def test_a_word_of_other_programs_is_told_with_ours(cli: Cli, strategy_file: Write, key: str) -> None:
    said = cli("strategy", "validate", strategy_file(execution={key: 0.001}))
    assert said.code == 1
    assert f'execution.{key}: unknown key "{key}" (did you mean "fees"?)' in said.err


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("stake_amount", "risk.sizing"),
        ("stoploss", "risk.stop_loss"),
        ("stop_loss", "risk.stop_loss"),
        ("takeProfit", "risk.take_profit"),
        ("capital", "execution.capital"),
    ],
)
def test_a_key_that_belongs_into_a_section_is_told_with_it(
    cli: Cli, strategy_file: Write, key: str, place: str
) -> None:
    said = cli("strategy", "validate", strategy_file(**{key: 0.1}))
    assert said.code == 1
    assert f'  - {key}: unknown key "{key}" (did you mean "{place}"?)\n' in said.err


def test_the_normal_form_of_a_file_is_a_file(cli: Cli, strategy_file: Write, tmp_path: Path) -> None:
    path = strategy_file()
    shown = cli("strategy", "show", path, "--normalized")
    assert shown.code == 0
    normal = tmp_path / "normal.json"
    normal.write_text(shown.out, encoding="utf-8")
    config = load_strategy(path.read_bytes(), origin="as written")
    assert load_strategy(normal.read_bytes(), origin="normal") == config
    assert cli("strategy", "show", normal, "--normalized").out == shown.out
    assert cli("strategy", "show", path, "--normalized", "--json").json["config"] == config.model_dump(mode="json")
    assert f"strategy show {path} --normalized" in cli("strategy", "show", path).err


def test_templates_are_listed_with_what_they_do_and_printed_as_they_are(cli: Cli) -> None:
    names = template_names()
    assert "macd_rsi" in names
    listed = cli("strategy", "templates", "--json").json["templates"]
    assert tuple(row["template"] for row in listed) == names
    assert all(row["description"] for row in listed)
    assert "macd_rsi" in cli("strategy", "templates").out
    assert cli("strategy", "templates", "macd_rsi").out == template_bytes("macd_rsi").decode()
    assert cli("strategy", "templates", "macd_rsi", "--json").json["text"] == template_bytes("macd_rsi").decode()
    unknown = cli("strategy", "templates", "macd_rsy")
    assert unknown.code == 1
    assert "there is no template 'macd_rsy' (did you mean \"macd_rsi\"?)" in unknown.err


@pytest.mark.parametrize("name", template_names())
def test_a_clone_of_a_template_is_the_same_strategy_under_another_id_with_its_comments(
    cli: Cli, name: str, tmp_path: Path
) -> None:
    said = cli("strategy", "clone", name, "mine", "--json")
    assert said.json == {"id": "mine", "file": "mine.json"}
    written = (tmp_path / "mine.json").read_bytes()
    original = load_strategy(template_bytes(name), origin=name)
    assert load_strategy(written, origin="mine") == original.model_copy(update={"id": "mine"})
    before, after = json.loads(template_bytes(name)), json.loads(written)
    assert {**after, "id": before["id"]} == before
    assert written.count(b"\n") == template_bytes(name).count(b"\n")


def test_a_template_that_is_mistyped_is_told_though_no_broker_answers(cli: Cli) -> None:
    said = cli("strategy", "clone", "macd_rsii", "mine")
    assert said.code == 1
    assert (
        "there is no file and no template 'macd_rsii' (did you mean \"macd_rsi\"?); whether it is deployed" in said.err
    )


def test_a_clone_overwrites_nothing_and_prints_where_asked_to(cli: Cli, strategy_file: Write) -> None:
    path = strategy_file()
    assert cli("strategy", "clone", path, "other").code == 0
    again = cli("strategy", "clone", path, "other")
    assert again.code == 1
    assert "other.json exists: name another file with --out" in again.err
    printed = cli("strategy", "clone", path, "other", "--out", "-")
    assert load_strategy(printed.out.encode(), origin="printed").id == "other"
    assert cli("strategy", "clone", path, "no such/id", "--out", "-").code == 1
    assert cli("strategy", "clone", "none.json", "other2").code == 1


def test_a_clone_of_a_file_whose_first_id_is_not_its_own_gets_its_own(cli: Cli, tmp_path: Path) -> None:
    document = {
        "signals": [{"id": "entry", "type": "entry", "expression": "close > open"}],
        "meta": {"name": "No id of its own"},
    }
    path = tmp_path / "nameless.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    printed = cli("strategy", "clone", path, "named", "--out", "-")
    config = load_strategy(printed.out.encode(), origin="printed")
    assert (config.id, config.signals[0].id) == ("named", "entry")


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_printed_whole(cli: Cli, name: str) -> None:
    schema = SCHEMAS[name]
    assert json.loads(cli("strategy", "schema", name).out) == schema
    assert cli("strategy", "schema", name, "--json").json == schema


def test_schemas_are_written_into_a_folder_or_printed_by_name(cli: Cli, tmp_path: Path) -> None:
    assert cli("strategy", "schema", "--all", "--json").json == SCHEMAS
    said = cli("strategy", "schema", "--all", "--out", "made", "--json")
    assert len(said.json["files"]) == len(SCHEMAS)
    for name, schema in SCHEMAS.items():
        written = tmp_path / "made" / f"{name}.schema.json"
        assert json.loads(written.read_text(encoding="utf-8")) == schema
    unknown = cli("strategy", "schema", "signals")
    assert unknown.code == 1
    assert "there is no schema 'signals' (did you mean \"signal\"?)" in unknown.err


def test_two_files_are_compared_in_words(cli: Cli, strategy_file: Write) -> None:
    one, other = strategy_file(), strategy_file(low=40, indicators={"rsi": {"period": 7}})
    said = cli("strategy", "diff", one, other)
    assert said.code == 0
    assert said.out.splitlines() == [
        f"{one} -> {other}",
        "  indicator rsi: period 5 -> 7",
        '  signal entry: expression "rsi < 45" -> "rsi < 40"',
    ]
    [first, _] = cli("strategy", "diff", one, other, "--json").json["changes"]
    assert (first["where"], first["before"], first["after"]) == ("indicators.rsi.parameters.period", 5, 7)
    assert cli("strategy", "diff", one, one).out == f"{one} and {one}: unchanged\n"


def test_an_explanation_shows_the_graph_the_sharing_and_the_warm_up(cli: Cli, strategy_file: Write) -> None:
    one = strategy_file()
    other = strategy_file("other", indicators={"rsi": {"period": 5}, "slow": {"type": "sma", "period": 20}}, low=30)
    said = cli("strategy", "explain", one, other, "--timeframe", "5m")
    assert said.code == 0
    assert "swing on 5m: every rule can hold from bar 6 on, 30 min after the first candle opens" in said.out
    assert "rsi(close,period=5)" in said.out
    assert "shared with exit, other.entry, other.exit" in said.out
    assert "4 indicators wanted by the rules, 1 computed: 3 shared" in said.out
    document = cli("strategy", "explain", one, other, "--json").json
    assert (document["timeframe"], document["wanted"], document["computed"]) == ("1m", 4, 1)
    assert document["warm_up"]["swing"] == {"bars": 6, "seconds": 360.0}
    [indicator] = document["indicators"]
    assert indicator["used_by"] == ["swing.entry", "swing.exit", "other.entry", "other.exit"]


def test_an_explanation_is_on_the_timeframe_that_the_strategies_name(cli: Cli, strategy_file: Write) -> None:
    assert cli("strategy", "explain", strategy_file(timeframes=["1h"]), "--json").json["timeframe"] == "1h"


def test_an_explanation_is_on_every_timeframe_that_is_named_with_those_that_run_there(
    cli: Cli, strategy_file: Write
) -> None:
    several = strategy_file(timeframes=["1h", "5m"])
    day = strategy_file("other", timeframes=["day"])
    said = cli("strategy", "explain", several, day).out
    assert "swing on 5m: every rule can hold from bar 6 on, 30 min after the first candle opens" in said
    assert "swing on 1h: every rule can hold from bar 6 on, 6 h after the first candle opens" in said
    assert "other on 5m: " in said
    assert "other on 1h: " not in said
    document = cli("strategy", "explain", several, day, "--json").json
    assert (document["timeframe"], document["strategies"], document["computed"]) == ("5m", ["swing", "other"], 1)
    [hour] = document["also_on"]
    assert (hour["timeframe"], hour["strategies"]) == ("1h", ["swing"])
    assert hour["warm_up"] == {"swing": {"bars": 6, "seconds": 6 * 3600.0}}
    alone = cli("strategy", "explain", several, day, "--timeframe", "15m", "--json").json
    assert (alone["timeframe"], alone["strategies"], alone["also_on"]) == ("15m", ["swing", "other"], [])


@pytest.mark.parametrize(
    ("timeframes", "on"),
    [
        (["*"], ["1m"]),
        (["day"], ["1m"]),
        (["swing", "position"], ["1h", "1d"]),
        (["*", "3m"], ["3m"]),
        (["day", "3m", "position"], ["3m", "1d"]),
    ],
)
def test_a_wildcard_or_style_is_explained_on_what_it_may_mean(
    cli: Cli, strategy_file: Write, timeframes: list[str], on: list[str]
) -> None:
    first = cli("strategy", "explain", strategy_file(timeframes=timeframes), "--json").json
    assert [first["timeframe"], *(one["timeframe"] for one in first["also_on"])] == on


def test_where_a_strategy_cannot_run_it_is_told_that_the_engine_will_quarantine_it(
    cli: Cli, strategy_file: Write
) -> None:
    rules = {"entry": {"condition": "close > sma_6@1m"}, "exit": {"condition": "close < sma_6@1m"}}
    file = strategy_file(rules=rules, timeframes=["1m", "5m"])
    reason = "sma(close,period=6)@1m cannot be computed here: 1m is shorter than the 5m bars of this series"
    said = cli("strategy", "explain", file)
    assert said.code == 0
    assert "swing on 1m: every rule can hold from bar 6 on" in said.out
    assert f"swing on 5m: cannot run, and would be quarantined there\n└── {reason}\n" in said.out
    document = cli("strategy", "explain", file, "--json").json
    [five] = document["also_on"]
    assert (document["unable"], five["unable"]) == ({}, {"swing": reason})
    assert five["strategies"] == five["indicators"] == []
    valid = cli("strategy", "validate", file, "--json").json
    assert valid["warnings"][str(file)] == [f"would be quarantined on 5m: {reason}"]


def test_an_explanation_of_nothing_or_of_one_thing_twice_is_refused(cli: Cli, strategy_file: Write) -> None:
    assert cli("strategy", "explain").code == 2
    twice = cli("strategy", "explain", strategy_file(), strategy_file(low=40))
    assert twice.code == 1
    assert "the id 'swing' is named twice" in twice.err
    wrong = cli("strategy", "explain", strategy_file(), "--timeframe", "1x")
    assert wrong.code == 1
    assert "--timeframe: " in wrong.err


VERBS = (
    *("validate", "templates", "schema", "clone", "explain", "list", "show", "versions", "diff"),
    *("deploy", "update", "rollback", "start", "pause", "resume", "stop", "restart"),
)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(cli: Cli, verb: str) -> None:
    said = cli("strategy", verb, "--help")
    assert said.code == 0
    assert f"Example: candelabra strategy {verb}" in said.out
    assert "--json" in said.out
