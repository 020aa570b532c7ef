"""Strategies whose positions are counted together over all their series: one order of everything, one count."""
