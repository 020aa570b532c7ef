"""The market step: one symbol's candles cleaned, and each distinct indicator computed once."""
