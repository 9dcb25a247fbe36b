"""`genbench check`: whether models keep their promises and metrics move the way they should."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import Json, Plugin, load_plugins, names
from genbench.core.errors import UsageError

if TYPE_CHECKING:
    from genbench.conformance.subject import Finding


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A model's name, `all`, or `metrics`.")],
    datasets: Annotated[
        str, typer.Option(help="Try models on each of these, such as digits,ring8 [the first of the two that fits].")
    ] = "",
    trials: Annotated[
        bool,
        typer.Option("--trials", help="With `metrics`: what each does under planted changes, as Markdown; minutes."),
    ] = False,
    plugin: Plugin = None,
    as_json: Json = False,
) -> None:
    """Whether models keep promises and metrics move as they should."""
    load_plugins(plugin)
    if trials and name != "metrics":
        raise UsageError(f"--trials is for `genbench check metrics`: leave it for {name!r}.")
    if name != "metrics":
        raise typer.Exit(_check_models(name, names(datasets), as_json=as_json))
    raise typer.Exit(_try_metrics(as_json=as_json) if trials else _check_metrics(as_json=as_json))


def _try_metrics(*, as_json: bool) -> int:
    from genbench.conformance.trial_page import page
    from genbench.conformance.trials import run_trials

    outcomes = run_trials()
    if as_json:
        console.print_json([asdict(outcome) for outcome in outcomes])
    else:
        console.out.print(page(outcomes), markup=False, soft_wrap=True)
    return 0


def _check_metrics(*, as_json: bool) -> int:
    from genbench.conformance.metrics import check_metrics

    report = check_metrics()
    if as_json:
        console.print_json(report.to_json())
    else:
        console.out.print(report.render(), markup=False, soft_wrap=True)
    return 0 if report.passed else 1


def _check_models(name: str, datasets: Sequence[str], *, as_json: bool) -> int:
    from genbench import registry
    from genbench.conformance import DATASETS, check_model

    chosen = registry.models.names() if name == "all" else [registry.models.get(name).card.name]
    tried: list[tuple[Sequence[str], str]] = [((d,), f" on {d}") for d in datasets] or [(DATASETS, "")]
    records, wrong = [], 0
    for model, (candidates, where) in itertools.product(chosen, tried):
        findings = check_model(model, datasets=candidates)
        broken = [f for f in findings if f.status == "wrong"]
        wrong += len(broken)
        found = {"model": model, "dataset": candidates[0] if where else None}
        records += [found | {"check": f.check, "status": f.status, "sentence": f.sentence} for f in findings]
        if not as_json:
            passed = sum(f.status == "ok" for f in findings)
            console.out.print(f"{model}{where}: {passed} checks passed, {len(broken)} wrong", markup=False)
            for (status, sentence), checks in _by_sentence(findings).items():
                console.out.print(f"  {status}: {', '.join(checks)}: {sentence}", markup=False, soft_wrap=True)
    if as_json:
        console.print_json(records)
    return 1 if wrong else 0


def _by_sentence(findings: Sequence[Finding]) -> dict[tuple[str, str], list[str]]:
    """What is not ok, each sentence once with the checks that say it."""
    said: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        if finding.status != "ok":
            said.setdefault((finding.status, finding.sentence), []).append(finding.check)
    return said
