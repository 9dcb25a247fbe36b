"""Encoders: named, fingerprinted feature extractors. `catalogue` is torch-free."""
