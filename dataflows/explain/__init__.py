"""Why a strategy did what it did at one bar: worked out again from its candles, beside what the topics say of it."""
