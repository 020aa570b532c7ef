"""Technical indicators: what exists, what a strategy asked for, and its values bar by bar."""
