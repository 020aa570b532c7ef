"""Where they come from and where they go: connectors, wiring, entry points and settings."""
