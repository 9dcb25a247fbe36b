"""Reports: pure functions of the store. Torch-free, so that a report is rendered anywhere."""
