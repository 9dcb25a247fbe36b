"""Models: one file a paper's family. `catalogue` is torch-free; the rest is imported when a model is asked for."""
