"""A model that does not draw from its generator is measured, and the tables say so of its row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

import genbench
from genbench import registry
from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.core.seeds import is_repeat
from genbench.core.values import DRAWS
from genbench.report.types import Flag

SUITE = {
    "name": "draws",
    "models": ["drawing", "control-mean-image", "control-test-half"],
    "datasets": ["digits"],
    "evaluations": [
        {"name": "sample-quality", "samples": 60, "encoder": "pixels", "metrics": ["frechet"]},
    ],
}


def from_generator(n: int, generator: torch.Generator) -> Tensor:
    return torch.rand(n, 1, 8, 8, generator=generator)


def from_elsewhere(n: int, generator: torch.Generator) -> Tensor:
    return torch.rand(n, 1, 8, 8)


def always_the_same(n: int, generator: torch.Generator) -> Tensor:
    return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def on_another_scale(n: int, generator: torch.Generator) -> Tensor:
    return 2 * torch.rand(n, 1, 8, 8, generator=generator).round() - 1


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., genbench.Run]]:
    def of(draw: Callable[[int, torch.Generator], Tensor]) -> genbench.Run:
        @genbench.register_model("drawing", family="vae", summary="Draws in some way.")
        class Drawing(genbench.GenerativeModel):
            def __init__(self, data: genbench.DataSpec) -> None:
                super().__init__()

            def fit(self, data: object, budget: object, generator: object) -> None: ...

            def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
                return draw(n, generator)

        return genbench.run(SUITE, seeds=1, out=tmp_path / "run", device="cpu", executor="inline")

    yield of
    registry.models.remove("drawing")


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (from_generator, ""),
        (from_elsewhere, "other samples for the same generator"),
        (always_the_same, "the same samples for every generator: it has collapsed, or does not draw from it"),
        (on_another_scale, "samples in [-1, 1], where the data are in [0, 1]"),
    ],
)
def test_what_is_wrong_with_the_draws_stands_in_table_page_and_terminal(
    run: Callable[..., genbench.Run],
    draw: Callable[[int, torch.Generator], Tensor],
    said: str,
) -> None:
    done = run(draw)
    assert done.ok, done.failures()  # measured all the same
    details = {row.label: row.details for row in done.table().itertuples()}
    assert said in details["drawing"].get(DRAWS, "") and (DRAWS in details["drawing"]) is bool(said)
    assert DRAWS not in details["control-mean-image"]  # whose samples are the same by intent
    page = done.report().read_text(encoding="utf-8")
    assert (Flag.DRAWS in page) is bool(said)
    assert COMMANDS
    shown = CliRunner().invoke(app, ["export", str(done.folder.root), "--format", "markdown"]).stdout
    assert (f"drawing ({Flag.DRAWS})" in shown) is bool(said)


def test_the_terminal_names_the_row_and_what_that_means(
    run: Callable[..., genbench.Run], capsys: pytest.CaptureFixture[str]
) -> None:
    from genbench.cli.leaderboard import print_leaderboards

    print_leaderboards(run(from_elsewhere).data())
    shown = " ".join(capsys.readouterr().out.split())
    assert f"drawing: {Flag.DRAWS}" in shown
    assert f"drawing: {Flag.DRAWS}: it gives other samples for the same generator" in shown


def test_a_gpu_may_round_otherwise_and_a_cpu_may_not() -> None:
    """Convolutions there add in any order: every row of a board of convolutions was said not to draw from its
    generator. Other draws are other samples anywhere."""
    x, other = torch.rand(2, 2, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    rounded = x + 1e-6 * (other - 0.5)
    assert is_repeat(x, rounded, "cuda") and not is_repeat(x, rounded, "cpu")
    assert not is_repeat(x, other, "cuda") and is_repeat(x, x.clone(), "cpu")
    assert not is_repeat(x, x[:1], "cuda")
    same = torch.ones(2, 3)
    assert is_repeat(same, same.clone(), "cuda") and not is_repeat(same, same + 1e-6, "cuda")
