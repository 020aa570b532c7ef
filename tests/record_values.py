"""Hypothesis strategies for the values that records are made of: any valid one, to the edges of its rules."""

from datetime import datetime

from hypothesis import strategies as st

from schemas.record import from_milliseconds

FIRST_MS = -62_135_596_800_000  # 0001-01-01T00:00:00Z
LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
FROM_2000_MS = 946_684_800_000
FROM_2039_MS = 2_177_452_800_000
LENGTHS_MS = {"1s": 1_000, "1m": 60_000, "5m": 300_000, "1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000}

INT32 = 2**31 - 1

milliseconds = st.integers(FIRST_MS, LAST_MS)
times: st.SearchStrategy[datetime] = milliseconds.map(from_milliseconds)
timeframes = st.sampled_from(sorted(LENGTHS_MS))
symbols = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}", fullmatch=True)
strategy_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", fullmatch=True)
commands = st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True)
texts = st.text(st.characters(codec="utf-8"), max_size=40)
record_ids = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
numbers = st.floats(allow_nan=False, allow_infinity=False)
prices = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
volumes = st.floats(min_value=0, allow_infinity=False)
fractions = st.floats(0, 1)
versions = st.integers(1, INT32)
authors = st.text(st.characters(codec="utf-8"), max_size=100)
positions = st.sampled_from(["flat", "long", "short"])
styles = st.sampled_from(["day", "swing", "position"])
sides = st.sampled_from(["long", "short"])
counts = st.integers(0, 2**63 - 1)
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True)
not_negative = st.floats(min_value=0, allow_infinity=False)
