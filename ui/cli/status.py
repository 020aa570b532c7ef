"""`candelabra status`: how a deployment is, in words."""


def status() -> None:
    """How the deployment is: workers, lag, strategies, what was refused."""
    raise NotImplementedError
