"""When to tell somebody: rules over records and health figures, as pure state machines."""
