"""The control log: which strategies and versions exist, what is wanted of them, and who must hear of it."""
