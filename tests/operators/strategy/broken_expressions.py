"""Expressions that are wrong, each with what is to be said of it: one tuple of texts for each of its problems."""

Told = tuple[str, ...]
"""Texts that one problem has to contain: its place, what was expected or came, what is near."""

LOOK_AHEAD = "a rule cannot look ahead"
WINDOW = "for n a whole number of bars from 1 to 1,000"
TIMEFRAME = "expected a timeframe such as 1m, 5m, 1h"
DEEP = "nests deeper than 50 levels"
COSTLY = "asks for more than 64 indicators and windows"

NAMES: tuple[tuple[str, list[Told]], ...] = (
    ("rsii < 30", [("character 1:", 'unknown name "rsii"', 'did you mean "rsi"?')]),
    ("macd_crossover_bulish", [("character 1:", 'did you mean "macd_crossover_bullish"?')]),
    ("macd.signl > 0", [("character 1:", "macd", "signal", 'did you mean "signal"?')]),
    ("rsi_14.value > 0", [("character 1:", 'rsi has no output "value"')]),
    ("lstm.confidence > 0.8", [("character 1:", 'unknown name "lstm.confidence"')]),
    ("rsi_oversould", [("character 1:", 'unknown name "rsi_oversould"', "rsi_oversold")]),
    ("engulfng > 0", [("character 1:", 'unknown name "engulfng"', "engulfing")]),
    ("true", [("character 1:", "a condition is true or false by itself")]),
    ("position.bars_hold > 3", [("character 1:", 'did you mean "position.bars_held"?')]),
    ("ema_100000 > 5", [("character 1:", "expected at most 200,000", "the longest period that works is 12498")]),
    ("close >\n 30 AND\n rsii < 3", [("line 3, character 2:", 'did you mean "rsi"?')]),
)

EXPRESSIONS: tuple[tuple[str, list[Told]], ...] = (
    # what is to come
    ("close[-1] > close", [("character 7:", LOOK_AHEAD)]),
    ("close[1][-2] > close", [("character 10:", LOOK_AHEAD)]),
    ("rsi_14@1h[-1] > 50", [("character 11:", LOOK_AHEAD)]),
    ("highest(high, 20)[-5] > close", [("character 19:", LOOK_AHEAD)]),
    ("crossover(close, open[-1])", [("character 23:", LOOK_AHEAD)]),
    # functions
    ("crossovr(rsi_14, 30)", [("character 1:", 'unknown function "crossovr"', 'did you mean "crossover"?')]),
    ("crossover(rsi_14)", [("character 1:", "crossover(a, b) expected 2 arguments, got 1")]),
    ("crossover()", [("character 1:", "expected 2 arguments, got 0")]),
    ("between(rsi_14, 30, 70, 80)", [("character 1:", "between(x, low, high) expected 3 arguments, got 4")]),
    ("min(rsi_14) > 3", [("character 1:", "expected 2 arguments or more, got 1")]),
    ("crossover", [("character 1:", '"crossover" is a function: write crossover(a, b)')]),
    ("highest(close, 0) > 3", [("character 16:", WINDOW, "got 0")]),
    ("highest(close, -5) > 3", [("character 16:", WINDOW)]),
    ("highest(close, 1001) > 3", [("character 16:", WINDOW, "got 1001")]),
    ("mean(close, 99999999999999999999) > 3", [("character 13:", WINDOW)]),
    ("lowest(close, 2.5) > 3", [("character 15:", WINDOW, "got 2.5")]),
    ("sum(close, rsi_14) > 3", [("character 12:", WINDOW)]),
    ("std(5, 5) > 3", [("character 1:", "expected something that changes from bar to bar, got 5")]),
    ("all_within(close > 3, 0)", [("character 23:", WINDOW)]),
    ("highest(position.pnl, 5) > 1", [("position.pnl is known for this one only",)]),
    # kinds
    ("rsi_14", [("character 1:", "expected a condition, got a number: write rsi_14 > 0")]),
    ("rsi_14 < 30 AND close", [("character 17:", "expected a condition, got a number")]),
    ("NOT close", [("character 5:", "expected a condition, got a number")]),
    ("(close < 30) > 1", [("character 2:", "expected a number, got the condition")]),
    ("close + (open < 3) > 1", [("character 10:", "expected a number, got the condition")]),
    ("any_within(close, 5)", [("character 12:", "expected a condition, got a number")]),
    ("bars_since(close) < 3", [("character 12:", "expected a condition, got a number")]),
    ("highest(close > 3, 5) > 3", [("character 9:", "expected a number, got the condition")]),
    ("crossover(close > 3, 1)", [("character 11:", "expected a number, got the condition")]),
    ("position.side", [("character 1:", 'write position.side == "long"')]),
    ('position.side == "lnog"', [("character 18:", 'did you mean "long"?')]),
    ('position.side > "long"', [("character 15:", "expected == or != with a side, got >")]),
    ('rsi_14 == "oversold"', [("character 1:", "expected position.side compared with", "nothing else")]),
    ("'long'", [("character 1:", 'got the text "long"', 'write position.side == "long"')]),
    # chains
    ("30 < rsi_14 > 20", [("character 13:", "chain in one direction only, as in 30 < rsi < 70")]),
    ("30 < rsi_14 != 70", [("character 13:", "chain in one direction only")]),
    ("macd > 1 > 0 < 1", [("character 10:", "chain in one direction only")]),
    # timeframes
    ("rsi_14@7x > 50", [("character 7:", TIMEFRAME, 'got "7x"')]),
    ("rsi_14@ > 50", [("character 7:", TIMEFRAME, 'got ""')]),
    ("rsi_14@1H > 50", [("character 7:", TIMEFRAME, 'did you mean "1h"?')]),
    ("rsi_14@0m > 50", [("character 7:", TIMEFRAME)]),
    ("rsi_14@99999999m > 50", [("character 7:", TIMEFRAME)]),
    ("rsi_14@1h@4h > 50", [("character 10:", "is on candles of 1h already")]),
    ("position.pnl@1h > 0", [("character 1:", "expected something computed of candles before @1h")]),
    # clocks
    ('session("25:00", "16:00")', [("session", "expected a time of day from 00:00 to 24:00", '"25:00"')]),
    ('session("09:30", "16:00", "Mars/Olympus")', [("expected an IANA time zone such as", '"Mars/Olympus"')]),
    ('session("09:30", "16:00", "Europe/Lodnon")', [("IANA time zone", 'did you mean "Europe/London"?')]),
    ('session("09:30", "16:00", "../../etc/passwd")', [("expected an IANA time zone",)]),
    ('session("09:30", "16:00", "UTC", "mon-fry")', [("expected days such as mon-fri", 'did you mean "fri"?')]),
    ('session("09:30", "09:30")', [("session", 'a whole day is "00:00" to "24:00"')]),
    ("session(9, 16)", [("character 9:", 'such as "09:30"'), ("character 12:", 'such as "16:00"')]),
    ('hour("") > 3', [("hour", "expected an IANA time zone")]),
    ("hour(3) > 3", [("character 6:", "a text in quotation marks")]),
    # bars back
    ("close[1001] > 3", [("character 7:", "from 0 to 1,000", "got 1001")]),
    ("close[500][501] > close", [("close is known for at most 1,000 back in all, got 1,001",)]),
    ("close[1.5] > 3", [("character 7:", "expected a whole number of bars", "got 1.5")]),
    ("close[rsi_14] > 3", [("character 7:", "got something that has to be worked out")]),
    ("3[1] > 3", [("character 1:", "expected something that changes from bar to bar before [1]")]),
    ("position.bars_held[1] > 0", [("character 1:", "position.bars_held is known for this bar only")]),
    # huge numbers
    ("close < 1e999", [("character 9:", "too large for a float")]),
    (f"close < {'9' * 400}", [("character 9:", "too large for a float")]),
    # bounds
    (f"{'(' * 60}close < 30{')' * 60}", [("character 51:", DEEP)]),
    ("NOT " * 60 + "close < 3", [(DEEP,)]),
    ("-" * 900 + "close < 3", [(DEEP,)]),
    (f"{'abs(' * 60}close{')' * 60} > 3", [(DEEP,)]),
    ("close" + "[1]" * 600 + " > 3", [(DEEP,)]),
    ("+".join(["rsi"] * 499) + ">3", [("has more than 500 parts", "split the rule")]),
    (" AND ".join(f"highest(close,{n})>1" for n in range(2, 72)), [(COSTLY,)]),
    (" AND ".join(f"sma_{n}>1" for n in range(2, 72)), [(COSTLY,)]),
    (f"{'highest(' * 17}close{', 5)' * 17} > 1", [("expected at most 16 indicators that read each other in a row",)]),
    # no expression
    ("close <", [("character 8:", 'expected a name, a number or "("', "got the end")]),
    ("close << 30", [("character 8:", 'got "<"')]),
    ("close = 30", [("character 7:", 'unexpected "="', "write == to compare")]),
    ("close > 30 & open > 2", [("character 12:", 'unexpected "&": write AND')]),
    ("((close < 30)", [("character 14:", 'expected an operator or ")", got the end')]),
    ("close < 30)", [("character 11:", 'expected an operator or the end, got ")"')]),
    ("close < 30\u0000", [("character 11:", "unexpected U+0000")]),
    ("close\u200b < 30", [("character 6:", "unexpected U+200B")]),
    ("close ≤ 30", [("character 7:", 'unexpected "≤"')]),
    ("rsi_14.__class__ > 0", [("character 1:", 'rsi has no output "__class__"')]),
    ("close > 1 ? 1 : 0", [("character 11:", 'unexpected "?"', "no conditional value")]),
    # several in one
    (
        "rsii < 30 AND close[-1] > 2 OR crossover(open)",
        [("character 1:", "rsii"), ("character 21:", LOOK_AHEAD), ("character 32:", "expected 2 arguments")],
    ),
)
