"""Metrics: pure functions of tensors. `catalogue` is torch-free."""
