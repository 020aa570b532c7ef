"""Indicators that TA-Lib lacks, computed here: one concept a file."""
