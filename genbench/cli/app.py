"""The application that commands register with."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="genbench",
    help="Which of these generative models is better, at what, by how much, at what cost, and how sure are we?",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
