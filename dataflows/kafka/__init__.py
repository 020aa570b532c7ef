"""Kafka at the edge of the dataflow: topics, source and sink."""
