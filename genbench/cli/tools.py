"""The commands beside a run: score, sample, compare, check, clean, new."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from genbench.cli import console
from genbench.cli.app import DEFAULT_RUN, DataRoot, Json, Plugin, app, load_plugins, names
from genbench.core.errors import UsageError

if TYPE_CHECKING:
    from genbench.conformance.subject import Finding

Place = Annotated[str, typer.Argument(metavar="DIR", help="A run's folder or a store's URL.")]


@app.command()
def score(
    real: Annotated[str, typer.Option(help="Real data: a folder of images, .npy or .npz; or mu and sigma in .npz.")],
    fake: Annotated[str, typer.Option(help="Generated data, the same forms.")],
    train: Annotated[str | None, typer.Option(help="The training data, for the memorisation metrics.")] = None,
    encoder: Annotated[str | None, typer.Option(help="Images need one; features (2-D arrays) do not.")] = None,
    metrics: Annotated[str, typer.Option(help="Only these, such as frechet,kid.")] = "",
    data_root: DataRoot = None,
    as_json: Json = False,
) -> None:
    """Score samples that genbench did not make."""
    from genbench.scoring import Request
    from genbench.scoring import score as score_

    request = Request(real=real, fake=fake, train=train, encoder=encoder, metrics=names(metrics), data_root=data_root)
    scores = score_(request)
    if as_json:
        console.print_json(scores.to_json())
    else:
        console.out.print(scores.render(), markup=False, soft_wrap=True)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A model's name, `all`, or `metrics`.")],
    datasets: Annotated[
        str, typer.Option(help="Try models on each of these, such as digits,ring8 [the first of the two that fits].")
    ] = "",
    plugin: Plugin = None,
    as_json: Json = False,
) -> None:
    """Whether a model keeps its promises; whether the metrics move the way they should."""
    load_plugins(plugin)
    raise typer.Exit(
        _check_metrics(as_json=as_json) if name == "metrics" else _check_models(name, names(datasets), as_json=as_json)
    )


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


@app.command()
def sample(
    place: Place,
    model: Annotated[str, typer.Argument(help="A row's name, such as ae+gmm10.")],
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 64,
    dataset: Annotated[str | None, typer.Option(help="Which dataset [the run's first].")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which seed.")] = 0,
    output: Annotated[Path | None, typer.Option("-o", "--output", help=".png for a grid, .npy for an array.")] = None,
    plugin: Plugin = None,
    data_root: DataRoot = None,
) -> None:
    """Draw from a model that was trained in a run: the very samples that were measured."""
    load_plugins(plugin)
    from genbench.api import load

    run = load(place)
    fitted = run.model(model, dataset=dataset or run.datasets()[0], seed=seed, data_root=data_root)
    safe_name = re.sub(r"[^\w.+-]", "_", model)
    path = output or Path(f"{safe_name}-seed{seed}.png")
    fitted.save(n, path)
    console.out.print(f"wrote {n} samples to {path}", soft_wrap=True)


@app.command()
def compare(
    a: Annotated[str, typer.Argument(help="A run's folder or a store's URL: before.")],
    b: Annotated[str, typer.Argument(help="Another: after.")],
    fail_on_regression: Annotated[bool, typer.Option("--fail-on-regression", help="Exit 1 where B is worse.")] = False,
    as_json: Json = False,
) -> None:
    """Two runs, paired by seed, with intervals."""
    from genbench.report.compare import compare as compare_
    from genbench.report.compare import frame
    from genbench.report.files import open_run
    from genbench.stats.intervals import LEAST

    changes = compare_(open_run(a).data().table, open_run(b).data().table)
    if as_json:
        console.print_json(frame(changes).astype(object).where(lambda f: f.notna(), None).to_dict("records"))
    else:
        kinds = Counter(str(c.verdict) for c in changes)
        told = ("better", "worse", "broken", "mended", "unlike")
        shown = [c for c in changes if c.verdict in told or c.is_untested]
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for heading in ("", "row", "dataset", "metric", "A", "B", "B − A, 95 %", "why"):
            table.add_column(heading)
        for c in shown:
            numbers = ["" if v is None else f"{v:.4g}" for v in (c.a, c.b)]
            interval = "" if c.difference is None else f"{c.difference:+.3g}"
            interval += "" if c.low is None or c.high is None else f" [{c.low:.3g}, {c.high:.3g}]"
            metric = ":".join(part for part in (c.metric, c.target, c.score) if part)
            cells = (str(c.verdict), c.label, c.dataset, metric, *numbers, interval, c.reason)
            table.add_row(*map(Text, cells))
        console.out.print(table)
        counted = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
        console.out.print(f"{len(changes)} measurements: {counted or 'none'}.")
        untested = sum(c.is_untested for c in changes)
        if untested:
            console.out.print(
                f"Fewer than {LEAST} common seeds for {untested}: B − A has no interval and no test over seeds; better "
                "or worse is said only where the intervals over samples lie apart. "
                f"Run both with --seeds {LEAST} or more.",
                soft_wrap=True,
            )
    if fail_on_regression and any(c.is_regression for c in changes):
        raise typer.Exit(1)


@app.command()
def clean(place: Place = DEFAULT_RUN) -> None:
    """Drop weights and pictures that no current result refers to."""
    from genbench.report.files import clean as clean_
    from genbench.report.files import open_run

    dropped, size = clean_(open_run(place))
    console.out.print(f"dropped {dropped} files, {size / 2**20:.1f} MiB")


@app.command()
def new(
    kind: Annotated[str, typer.Argument(help="model")],
    name: Annotated[str, typer.Argument(help="What it will be called, such as my-vae.")],
) -> None:
    """A working one-file template."""
    from genbench import registry
    from genbench.core import paths

    if kind != "model":
        raise UsageError(f"`genbench new` makes a model; got {kind!r}.")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise UsageError(f"a model's name is small letters, digits and hyphens, such as my-vae; got {name!r}.")
    path = Path(f"{name.replace('-', '_')}.py")
    if path.exists():
        raise UsageError(f"{path} is there already: choose another name, or remove it.")
    if name in registry.models:
        raise UsageError(
            f"there is a model called {name!r} already (`genbench show model {name}`): choose another name."
        )
    template = (paths.folder("templates") / "model.py.txt").read_text(encoding="utf-8")
    class_name = "".join(part.capitalize() for part in name.replace("_", "-").split("-"))
    path.write_text(template.replace("MODEL_NAME", name).replace("ModelClass", class_name), encoding="utf-8")
    console.out.print(
        f"wrote {path}. Next: genbench check {name} --plugin {path}, then\n"
        f"genbench run quick --models {name},vae,family:control --plugin {path}",
        soft_wrap=True,
    )
