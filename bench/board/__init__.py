"""The reference leaderboard: its parts, their stores, and the pages that are made of them (`bench/leaderboard.py`)."""

PACKED = "packed"
"""The folder beside the pages that holds the packed parts, all that they are made of."""
