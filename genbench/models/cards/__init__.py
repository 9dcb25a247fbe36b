"""Model cards, one file a family. Torch-free."""
