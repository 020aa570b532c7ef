"""How well a strategy does, known at every bar at a fixed cost: returns, drawdowns, trades."""
