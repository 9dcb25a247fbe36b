"""`python -m genbench`. Python looks into the current folder first, whose `random.py` would hide its own: here last."""

import sys

if not sys.flags.safe_path:
    sys.path.append(sys.path.pop(0))

from genbench.cli import main

main()
