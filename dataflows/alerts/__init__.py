"""Alerts by rules: what is watched, what is told, and how it reaches people. A process of its own."""
