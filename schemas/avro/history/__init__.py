"""Earlier versions of the schemas, by which records were once written and can still be read."""
