"""The strategy step: rules on closed candles, lifecycle, and a first position, for one strategy on one series."""
