"""The check of a strategy: that it does not look ahead, is warm when it says so, and has rules that can act."""
