"""Positions on paper: what an order fills at, what it costs, what an account makes of it, and where it is protected."""
