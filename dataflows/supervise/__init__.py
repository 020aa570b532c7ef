"""Keeping a cluster of worker processes alive, and ending it politely."""
