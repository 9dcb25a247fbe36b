"""The pages that are made from the code: `python docs/generate.py` writes them, a test holds them to it.

The reference of the command line from the commands themselves, the catalogue of models from the registry, the keys of
a suite from the schema that reads it.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from genbench import registry
from genbench.cli.main import COMMANDS
from genbench.core.jobs import BudgetConfig
from genbench.protocols.card import ModelCard
from genbench.protocols.evaluation import Evaluation, EvaluationConfig
from genbench.runs import suite_file
from genbench.runs.suite import Suite

DOCS = Path(__file__).resolve().parent
MADE = "<!-- made by docs/generate.py: change the code, then run it -->"
KEYS = ("<!-- keys -->", "<!-- end of keys -->")

Lines = Iterator[str]


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> Lines:
    """The lines of a table in Markdown."""
    yield f"| {' | '.join(headings)} |"
    yield "|" + "---|" * len(headings)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


# --- the command line


def cli() -> Lines:
    """docs/cli.md"""
    yield from (
        "# The command line",
        "",
        MADE,
        "",
        "`genbench COMMAND -h` prints the same. What reads results takes a run's folder or the URL of a store. Errors",
        "are a sentence; `genbench --debug COMMAND` prints where they came from, too. `NO_COLOR=1` takes colours away.",
    )
    yield from (
        "",
        "| exit status | means |",
        "|---|---|",
        "| 0 | done: every job ended ok or is unsupported |",
        "| 1 | some of it failed, and is named |",
        "| 2 | a mistake in what was asked or given |",
        "| 3 | a mistake of genbench; its traceback is in a file |",
        "| 130, 143, 129 | Ctrl-C, SIGTERM, SIGHUP: what was done is kept |",
    )
    for command in COMMANDS:
        yield from _command(command)


def _command(module: Any) -> Lines:
    name = module.__name__.rpartition(".")[2]
    function = getattr(module, name, None) or getattr(module, f"{name}_")
    parameters = list(_parameters(function))
    arguments = [(shown, says) for shown, says, is_option in parameters if not is_option]
    options = [(shown, says) for shown, says, is_option in parameters if is_option]
    usage = " ".join(["genbench", name, *(shown for shown, _ in arguments), *(["[OPTIONS]"] if options else [])])
    yield from ("", f"## genbench {name}", "", _one_line(inspect.getdoc(function)), "", "```text", usage, "```", "")
    yield from table(
        ("argument or option", "what"), [(f"`{shown}`", _one_line(says)) for shown, says in arguments + options]
    )


def _parameters(function: Any) -> Iterator[tuple[str, str, bool]]:
    """How each parameter is written, what it says, whether it is an option."""
    for name, parameter in inspect.signature(function).parameters.items():
        said = parameter.annotation
        hint = eval(said, function.__globals__) if isinstance(said, str) else said
        info = next(part for part in hint.__metadata__ if hasattr(part, "param_decls"))
        says, metavar = info.help or "", info.metavar
        if type(info).__name__ != "OptionInfo":
            yield (metavar or name.upper(), says, False)
            continue
        first = (info.default,) if isinstance(info.default, str) and info.default.startswith("-") else ()
        written = ", ".join((*first, *(info.param_decls or ())) or (f"--{name.replace('_', '-')}",))
        default = parameter.default
        flag = isinstance(default, bool)
        if not flag:
            written += f" {metavar or _value(hint)}"
        shown = default not in (None, False, "", inspect.Parameter.empty) and "[" not in says
        yield (written, f"{says} [{default}]" if shown else says, True)


def _value(hint: Any) -> str:
    """What an option takes, in one word."""
    words = str(hint.__origin__)
    return "N" if "int" in words else "X" if "float" in words else "PATH" if "Path" in words else "TEXT"


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


# --- the models


FAMILIES = {
    "autoencoder": "Autoencoders",
    "vae": "Variational autoencoders",
    "gan": "Adversarial networks",
    "diffusion": "Diffusion and flow matching",
    "flow": "Normalising flows",
    "classical": "Classical models",
    "control": "Controls: floors, ceilings, confounds",
    "outside": "From outside",
}


def models() -> Lines:
    """docs/models/catalogue.md"""
    entries = [entry for entry in registry.models if entry.site is None]
    yield from ("# The models, one by one", "", MADE, "")
    yield "What `genbench show model NAME` prints. How they are built and what they reach is in [the zoo](README.md)."
    for family in dict.fromkeys(entry.card.family for entry in entries):
        yield from ("", f"## {FAMILIES.get(family, family)}")
        for entry in entries:
            if entry.card.family == family:
                yield from _model(entry.card, entry.options())


def _model(card: ModelCard, defaults: dict[str, Any]) -> Lines:
    yield from ("", f"### {card.name}", "", card.summary, "")
    facts = {
        "paper": card.paper,
        "objective": f"`{card.objective}`" if card.objective else "",
        "can": ", ".join(card.capabilities),
        "likelihood": card.likelihood,
        "draws by": card.sampler,
        "solvers": ", ".join(card.solvers),
        "defaults": ", ".join(f"`{name} = {toml(value)}`" for name, value in defaults.items()),
        "weak at": card.weaknesses,
        "not as in the paper": " ".join(card.deviations),
    }
    for name, value in facts.items():
        if value:
            yield from textwrap.wrap(f"- *{name}*: {value}", 118, subsequent_indent="  ", break_on_hyphens=False)


def toml(value: Any) -> str:
    """A default as a suite would write it."""
    if value is None or value is PydanticUndefined:
        return "(chosen)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, BaseModel):
        return "(a table)"
    if isinstance(value, tuple | list):
        return f"[{', '.join(toml(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k} = {toml(v)}' for k, v in value.items())}}}"
    return json.dumps(value) if isinstance(value, str) else f"{value:_}" if isinstance(value, int) else str(value)


# --- the suites


def suites() -> Lines:
    """docs/suites.md: what is written by hand, with the generated part between two marks."""
    before, _, rest = (DOCS / "suites.md").read_text(encoding="utf-8").partition(KEYS[0])
    after = rest.partition(KEYS[1])[2]
    yield from before.rstrip("\n").split("\n")
    yield from ("", KEYS[0], "", MADE)
    yield from _keys("## Keys of a suite", Suite)
    yield from _keys("## The table `[budget]`", BudgetConfig)
    yield from _keys("## What every `[[evaluations]]` takes", EvaluationConfig)
    for entry in registry.evaluations:
        if entry.site is None:
            record: Evaluation = entry.card
            own = {k: f for k, f in record.config.model_fields.items() if k not in EvaluationConfig.model_fields}
            yield from ("", f"### {record.name}", "", f"{record.summary} ([page](evaluations/{record.name}.md))")
            if own:
                yield ""
                yield from _fields(own)
    yield from ("", "## The suites that come with genbench", "")
    yield from table(("name", "what", "profiles"), [_suite(name) for name in suite_file.names()])
    yield from ("", KEYS[1])
    yield from after.rstrip("\n").split("\n")[1:]


def _keys(heading: str, schema: type[BaseModel]) -> Lines:
    yield from ("", heading, "")
    yield from _fields(schema.model_fields)


def _fields(fields: Mapping[str, FieldInfo]) -> Lines:
    rows = [
        (f"`{f.alias or key}`", "needed" if f.is_required() else f"`{toml(f.get_default(call_default_factory=True))}`")
        for key, f in fields.items()
    ]
    yield from table(("key", "default"), rows)


def _suite(name: str) -> tuple[str, str, str]:
    summary = suite_file.read(suite_file.find(name)).summary
    return f"`{name}`", summary, ", ".join(f"`{profile}`" for profile in suite_file.profiles(name))


PAGES = {"cli.md": cli, "models/catalogue.md": models, "suites.md": suites}


def made(name: str) -> str:
    """The text of a page as the code would have it now."""
    return "\n".join(PAGES[name]()) + "\n"


if __name__ == "__main__":
    for page in PAGES:
        (DOCS / page).write_text(made(page), encoding="utf-8")
