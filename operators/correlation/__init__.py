"""Signals of several timeframes, and of several strategies, weighed together in windows of event time.

``Barrier`` puts what comes in any order into the order of event time, ``CorrelateStep`` weighs the timeframes of one
strategy on one symbol, ``ConsensusStep`` the strategies on one symbol.
"""
