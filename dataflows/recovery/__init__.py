"""The recovery store: offsets and snapshots in a directory, looked at before anything relies on it.

Bytewax keeps them in SQLite files, and ends in a panic, or goes on without a part of its state, where these are not
what it left. So a run looks first, and is refused in words that name the ways out.
"""
