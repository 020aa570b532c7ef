"""What happens to them: pure state machines and pure functions, `(state, event) -> (state, events)`."""
