"""Tuning: every model gets the same number of trials at the same budget, scored on `val`, and what it cost."""
