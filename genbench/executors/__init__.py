"""Executors: who runs the tasks. `inline` in this process, `local` in worker processes with time limits."""
