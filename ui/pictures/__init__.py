"""The guide's pictures, drawn by the program from what the engine itself says."""
