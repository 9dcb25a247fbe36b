"""Training: the trainer knows objectives and nothing of families."""
