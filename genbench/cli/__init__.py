"""The command line: parse, call, print. Importing this loads no torch."""

from genbench.cli.main import main

__all__ = ["main"]
