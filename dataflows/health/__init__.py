"""Health seen from outside: metrics, whether a worker is alive and ready, logs, and how a deployment stands."""
