"""The proof that the answer depends on the candles and the commands alone: one input, told in many ways, compared."""
