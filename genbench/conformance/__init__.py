"""Does a model keep its promises? The kit behind `genbench check NAME`."""

from genbench.conformance.kit import DATASETS, check_model
from genbench.conformance.subject import Finding

__all__ = ["DATASETS", "Finding", "check_model"]
