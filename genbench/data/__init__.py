"""Datasets: toys with exact densities, real sets, your own. `catalogue` is torch-free."""
