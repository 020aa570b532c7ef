"""The command line: one file a verb, one place for how things are printed."""
