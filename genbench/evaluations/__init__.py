"""Evaluations: protocols that turn a fitted model into measurements, one file each: its record and its function.

The files of the evaluations, `catalogue`, `choice` and `known_answers` are torch-free at import; a function imports
what it measures with when it is called.
"""
