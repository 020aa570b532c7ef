"""Dead letters: found on their topic, looked into, and sent again where they came from."""
