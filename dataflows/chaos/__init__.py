"""The kill test: everything is killed, stopped, cut off or moved, and what comes out must be what would have come."""
