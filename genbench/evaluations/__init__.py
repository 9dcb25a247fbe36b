"""Evaluations: protocols that turn a fitted model into measurements. `catalogue` is torch-free."""
