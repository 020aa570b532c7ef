"""What is wrong with a watchlist file is said all at once, with its place, what was expected and what came."""

import json

import pytest

from schemas.strategy_draft import MAX_PROBLEMS
from schemas.watchlist_file import MAX_WATCHLIST_BYTES, load_watchlist
from tests.schemas.refusals import watchlist_problems as problems


def watched(**fields: object) -> dict[str, object]:
    """A watchlist of one asset with these fields."""
    return {"assets": [{"symbol": "B", **fields}]}


def in_session(**fields: object) -> dict[str, object]:
    """A watchlist of one asset with a session of these fields."""
    return watched(session={"zone": "America/New_York", **fields})


WRONG: dict[str, tuple[object, list[str]]] = {
    "neither object nor list": (5, ["expected a JSON object or a list of assets, got a number"]),
    "nothing": ({}, ["assets: expected a value, got nothing: it is required"]),
    "no asset": ([], ["expected at least 1 of them, got 0"]),
    "assets of no kind": ({"assets": 5}, ["assets: expected a list, got 5"]),
    "asset of no kind": (["B", 5], ["1: expected an object, got 5"]),
    "asset by symbol of no kind": ({"assets": {"B": 5}}, ["assets.B: expected an object, got 5"]),
    "unknown key": (
        {"asets": [], "assets": ["B"]},
        ['asets: unknown key "asets" (did you mean "assets"?)'],
    ),
    "unknown key in an asset": (
        watched(time_frames=[]),
        ['assets.0.time_frames: unknown key "time_frames" (did you mean "timeframes"?)'],
    ),
    "unknown key in one asset": (
        {"symbol": "B", "prioritty": 1},
        ['prioritty: unknown key "prioritty" (did you mean "priority"?)'],
    ),
    "unknown key in a timeframe": (
        watched(timeframes={"5m": {"bufer_size": 100}}),
        ['assets.0.timeframes.5m.bufer_size: unknown key "bufer_size" (did you mean "buffer_size"?)'],
    ),
    "unknown key in a provider": (
        {"providers": {"x": {"quiet": True}}, "assets": ["B"]},
        ['providers.x.quiet: unknown key "quiet" (did you mean "quietMarket"?)'],
    ),
    "unknown key in a session": (
        in_session(timezone="UTC"),
        ['assets.0.session.timezone: unknown key "timezone" (did you mean "zone"?)'],
    ),
    "key in two spellings": (
        watched(quietMarket=True, quiet_market=True),
        ["assets.0.quietMarket: expected either quietMarket or quiet_market, got both"],
    ),
    "no symbol": (
        ["a b", "", {"enabled": True}],
        [
            (
                "0: expected a symbol such as BTCUSDT or BTC/USDT, of up to 64 characters, a letter or digit first, "
                'got "a b"'
            ),
            (
                "1: expected a symbol such as BTCUSDT or BTC/USDT, of up to 64 characters, a letter or digit first, "
                'got ""'
            ),
            "2.symbol: expected a value, got nothing: it is required",
        ],
    ),
    "symbol twice": (
        ["BTC/USDT", "ETHUSDT", {"symbol": "BTCUSDT"}],
        ["2.symbol: expected each of assets once, got 'BTCUSDT' again (the same as 'BTC/USDT')"],
    ),
    "another symbol than its key": (
        {"assets": {"B": {"symbol": "A"}}},
        ['assets.B.symbol: expected "B" here, got "A"'],
    ),
    "timeframe twice": (
        watched(timeframes=["5m", "1h", "5m"]),
        ["assets.0.timeframes.2: expected each of timeframes once, got '5m' again"],
    ),
    "timeframe under two names": (
        watched(timeframes=["60m", "1d", "1h", "1h", {"name": "24h"}]),
        [
            "assets.0.timeframes.3: expected each of timeframes once, got '1h' again",
            "assets.0.timeframes.2: expected each length once, got '1h', as long as '60m'",
            "assets.0.timeframes.4.name: expected each length once, got '24h', as long as '1d'",
        ],
    ),
    "timeframe of all under two names": (
        {"timeframes": ["7d", "1w"], "assets": ["B"]},
        ["timeframes.1: expected each length once, got '1w', as long as '7d'"],
    ),
    "timeframe of a month": (
        watched(timeframes=["1M"]),
        [
            (
                'assets.0.timeframes.0: expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, got "1M" '
                "(months have no fixed length)"
            )
        ],
    ),
    "timeframe of all twice": (
        {"timeframes": ["5m", {"name": "5m"}], "assets": ["B"]},
        ["timeframes.1.name: expected each of timeframes once, got '5m' again"],
    ),
    "no timeframe": (
        watched(timeframes=["5m", "15mm"]),
        [
            (
                'assets.0.timeframes.1: expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, got "15mm" '
                '(did you mean "15m"?)'
            )
        ],
    ),
    "timeframes of no kind": (watched(timeframes="5m"), ['assets.0.timeframes: expected a list, got "5m"']),
    "timeframe of no kind": (watched(timeframes=[5]), ["assets.0.timeframes.0: expected an object, got 5"]),
    "timeframe by name of no kind": (
        watched(timeframes={"5m": "day"}),
        ['assets.0.timeframes.5m: expected an object, got "day"'],
    ),
    "another timeframe than its key": (
        watched(timeframes={"5m": {"name": "1m"}}),
        ['assets.0.timeframes.5m.name: expected "5m" here, got "1m"'],
    ),
    "timeframe that the base does not divide": (
        watched(timeframes={"5m": {}, "7m": {}}, base_timeframe="5m"),
        [
            (
                "assets.0.timeframes.7m: expected a whole multiple of the base timeframe 5m, of which bars are made, "
                "got '7m'"
            )
        ],
    ),
    "timeframe of all that a provider's base does not divide": (
        {"providers": {"x": {"base_timeframe": "1h"}}, "timeframes": ["90m"], "data_provider": "x", "assets": ["B"]},
        [
            (
                "assets.0: expected a whole multiple of the base timeframe 1h, of which bars are made, got '90m' "
                "(from the whole watchlist)"
            )
        ],
    ),
    "timeframe of its own that a provider's base does not divide": (
        {
            "providers": {"x": {"base_timeframe": "1h"}},
            "assets": {"B": {"data_provider": "x", "timeframes": ["2h", "90m"]}},
        },
        [
            (
                "assets.B.timeframes.1: expected a whole multiple of the base timeframe 1h, of which bars are made, "
                "got '90m' (from the whole watchlist)"
            )
        ],
    ),
    "timeframe that sessions cannot make": (
        watched(timeframes=["1d", "2d"], session={"zone": "UTC"}),
        ["assets.0.timeframes.1: expected a part of a day, 1d or 1w, of which sessions can be made, got '2d'"],
    ),
    "no time of day": (
        in_session(opens="25:00", closes="9:30"),
        [
            "assets.0.session.opens: expected a time of day from 00:00 to 23:59, such as 09:30, got '25:00'",
            "assets.0.session.closes: expected a time of day from 00:00 to 23:59, such as 09:30, got '9:30'",
        ],
    ),
    "opens when it closes": (
        in_session(opens="09:30", closes="09:30"),
        [
            (
                "assets.0.session: expected closes to differ from opens (09:30), got the same; leave it out for a "
                "session that lasts to the next opening"
            )
        ],
    ),
    "no days": (
        in_session(days="mon-fry"),
        [
            (
                "assets.0.session.days: expected days such as mon-fri or mon,wed,fri, got 'mon-fry' with 'fry' "
                '(did you mean "fri"?)'
            )
        ],
    ),
    "no zone": (
        watched(session={"opens": "09:30"}),
        ["assets.0.session.zone: expected a value, got nothing: it is required"],
    ),
    "zone of no form": (
        {"providers": {"x": {"session": {"zone": "5 pm"}}}, "assets": ["B"]},
        [('providers.x.session.zone: expected a time zone such as America/New_York, by its IANA name, got "5 pm"')],
    ),
    "provider that there is not": (
        {"providers": {"binance": {}, "nasdaq": {}}, "assets": [{"symbol": "B", "data_provider": "binanse"}]},
        [
            (
                "assets.0.data_provider: expected one of the providers (binance, nasdaq), got 'binanse' "
                '(did you mean "binance"?)'
            )
        ],
    ),
    "everything of another type": (
        {
            "providers": [],
            "data_provider": 5,
            "consensus": "yes",
            "timeframes": 5,
            "assets": [
                {
                    "symbol": 5,
                    "enabled": "yes",
                    "data_provider": [],
                    "timeframes": None,
                    "priority": 1.5,
                    "asset_type": {},
                    "last_updated": True,
                    "base_timeframe": 1,
                    "quiet_market": 1,
                    "session": "09:30",
                    "consensus": [],
                }
            ],
        },
        [
            "providers: expected an object, got []",
            "data_provider: expected a text, got 5",
            "timeframes: expected a list, got 5",
            'consensus: expected an object, got "yes"',
            "assets.0.symbol: expected a text, got 5",
            'assets.0.enabled: expected true or false, got "yes"',
            "assets.0.data_provider: expected a text, got []",
            "assets.0.timeframes: expected a list, got null",
            "assets.0.priority: expected a whole number, got 1.5",
            "assets.0.asset_type: expected a text, got {}",
            "assets.0.last_updated: expected a time in UTC such as 2025-05-09T18:18:00Z, got true",
            "assets.0.base_timeframe: expected a text, got 1",
            "assets.0.quiet_market: expected true or false, got 1",
            'assets.0.session: expected an object, got "09:30"',
            "assets.0.consensus: expected an object, got []",
        ],
    ),
    "numbers beyond all bounds": (
        watched(
            priority=10**30,
            timeframes=[{"name": "5m", "buffer_size": 2**62, "update_frequency_seconds": -1}],
            consensus={"top": 101, "minimum_agreement": -1, "weights": {"1h": 1e300}},
        ),
        [
            "assets.0.priority: expected a whole number of at most 63 bits, got one of 100",
            "assets.0.timeframes.0.update_frequency_seconds: expected a number of at least 1, got -1",
            "assets.0.timeframes.0.buffer_size: expected a number of at most 65536, got 4611686018427387904",
            "assets.0.consensus.weights.1h: expected a number of at most 1e+06, got 1e+300",
            "assets.0.consensus.minimum_agreement: expected a number of at least 0, got -1",
            "assets.0.consensus.top: expected a number of at most 100, got 101",
        ],
    ),
    "time without a zone": (
        watched(last_updated="2025-05-09T18:18:00"),
        [("assets.0.last_updated: expected a time in UTC such as 2025-05-09T18:18:00Z, got 2025-05-09T18:18:00")],
    ),
    "time that is none": (
        watched(last_updated="yesterday"),
        ['assets.0.last_updated: expected a time in UTC such as 2025-05-09T18:18:00Z, got "yesterday"'],
    ),
}


@pytest.mark.parametrize(("document", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(document: object, expected: list[str]) -> None:
    assert problems(document) == expected


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "expected JSON, got an error"),
        (b"{", "expected JSON, got an error"),
        (b'["\xff"]', "expected UTF-8 text, got byte 0xff at 2"),
        (b'{"assets": ["A"], "assets": ["B"]}', "the key 'assets' stands twice in one object"),
        (b'[{"symbol": "B", "priority": NaN}]', "NaN is not a number in JSON"),
        (b'["\\ud800"]', "half of a surrogate pair"),
        (b"[" * 100_000, "expected JSON, got an error"),
        (b"[" * 20 + b"]" * 20, "expected JSON nested at most 16 deep, got deeper"),
        (b" " * (MAX_WATCHLIST_BYTES + 1), "expected at most 4,194,304 bytes, got 4,194,305"),
    ],
    ids=["empty", "cut", "no UTF-8", "key twice", "NaN", "surrogate", "bomb", "deep", "long"],
)
def test_bytes_that_are_no_document_are_refused(content: bytes, complaint: str) -> None:
    (told,) = problems(content)
    assert complaint in told


def test_a_long_list_is_read_and_many_problems_are_cut() -> None:
    assert (
        len(load_watchlist(json.dumps([f"S{number}" for number in range(10_000)]).encode(), origin="long.json"))
        == 10_000
    )
    assert problems(["B"] * 10_001) == ["expected at most 10000 of them, got 10001"]
    told = problems([f"bad {number}" for number in range(1_000)])
    assert (len(told), told[-1]) == (MAX_PROBLEMS + 1, f"there are more than {MAX_PROBLEMS} problems: these first")
