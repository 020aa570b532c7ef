"""What things are: every record that crosses a process boundary. Validation only: no I/O, no clock, no Bytewax."""
