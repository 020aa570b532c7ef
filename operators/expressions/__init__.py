"""Rule expressions: text to typed tree (`parser`), names to columns (`checker`), tree to function (`compiled`)."""
