"""The faces: the command line and the dashboard. They show what was computed and compute no signal."""
