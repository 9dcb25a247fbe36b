"""The command line: parse, call, print. Importing this loads no torch."""

import sys

try:
    from genbench.cli.main import main
except KeyboardInterrupt:  # Ctrl-C in the moment before it is answered
    sys.stderr.write("error: stopped before anything was begun.\n")
    raise SystemExit(130) from None

__all__ = ["main"]
