"""Risk: what keeps a strategy, and all strategies of a portfolio together, from entering, and for how long."""
