"""Brokers this program can start by itself, and the one it is pointed at."""
