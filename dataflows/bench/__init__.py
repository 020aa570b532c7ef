"""Benchmarks: the engine beside a bare loop that does nothing but consume, decode, encode and produce."""
