"""The reference leaderboard: its parts, their stores, and the pages that are made of them (`bench/leaderboard.py`)."""
