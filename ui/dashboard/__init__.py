"""The live dashboard: a face, so it shows what the topics say and computes no signal."""
