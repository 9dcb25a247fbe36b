"""Adds a model, a metric and an evaluation to genbench."""
