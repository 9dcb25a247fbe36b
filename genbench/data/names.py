"""What the name of a dataset says before it is loaded. Torch-free."""

from __future__ import annotations

from genbench import registry

SCHEMES = ("folder", "npz", "csv", "parquet", "hf", "adbench")
"""Own data: `SCHEME:PATH?option=value`."""


def is_made(name: str) -> bool:
    """Whether a dataset is made of another (`digits-without-3`, `digits@200`) or of a file (`npz:PATH`): loading it
    checks it."""
    scheme, colon, _ = name.partition(":")
    if colon:
        return scheme in SCHEMES
    return any(name.startswith((f"{known}-", f"{known}@")) for known in registry.datasets.names())
