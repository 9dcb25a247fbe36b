"""The whole feature panel side by side with its peers, with the matrix products it cannot do without, and in memory.

python bench/metrics.py                      # n = 10,000, d = 2,048: minutes on 2 cores
python bench/metrics.py --n 2000 --rounds 3  # a quick look
python bench/metrics.py --large              # also the peak memory at n = 50,000
python bench/metrics.py --device cuda --n 50000 --rounds 3  # all on one card, and equal to the CPU's float64 answers

Needs the extra `bench` for the peers. Each way is timed `--rounds` times in turn, so that what else the machine does
falls on all alike; the table gives medians and ratios. Memory is what a process of its own takes beyond its inputs.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from genbench.metrics import points, vendi
from genbench.metrics.frechet import frechet_distance, moments
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet

PANEL = ("frechet", "kid", "precision", "recall", "density", "coverage", "vendi", "authenticity")
CHECKED = (*PANEL, "mmd-rbf", "cmmd", "clipped-density", "clipped-coverage", "nn-accuracy")
BLOCK = 2048


def features(n: int, d: int, seed: int) -> Tensor:
    """(n, d) float32 that look like a network's: correlated, non-negative, made without large temporaries."""
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(256, d, generator=torch.Generator().manual_seed(1)) / 16
    x = torch.empty(n, d)
    for rows in torch.split(x, 1000):
        torch.mm(torch.randn(len(rows), 256, generator=generator), mix, out=rows)
        rows.add_(torch.randn(rows.shape, generator=generator), alpha=0.3).relu_()
    return x


def panel(x: Tensor, y: Tensor, metrics: Sequence[str] = PANEL) -> dict[str, float | None]:
    """genbench: everything from one pass, the reference as training set."""
    reference = PointSet(x)
    generator = torch.Generator().manual_seed(0)
    found = feature_metrics(reference, y, train=reference, metrics=metrics, generator=generator)
    return {key: value.value for key, value in found.items()}


def products(x: Tensor, y: Tensor) -> None:
    """The matrix products alone: float32 Gram blocks with each symmetric pair once, float64 moments."""
    for a, b in ((x, x), (y, y), (x, y)):
        for i in range(0, len(a), BLOCK):
            for j in range(i if a is b else 0, len(b), BLOCK):
                torch.mm(a[i : i + BLOCK], b[j : j + BLOCK].T)
    for z in (x, y):
        total = torch.zeros(z.shape[1], z.shape[1], dtype=torch.float64, device=z.device)
        for rows in torch.split(z, BLOCK):
            wide = rows.double()
            total.addmm_(wide.T, wide)


def fidelity_frechet(x: Tensor, y: Tensor) -> float:
    """torch-fidelity's Fréchet distance."""
    from torch_fidelity import metric_fid as fid

    sides = [fid.fid_features_to_statistics(z) for z in (x, y)]
    return float(fid.fid_statistics_to_metric(*sides, verbose=False)["frechet_inception_distance"])


def fidelity_kid(x: Tensor, y: Tensor) -> float:
    """torch-fidelity's KID: 100 subsets of 1,000."""
    from torch_fidelity import metric_kid as kid

    size = min(1000, len(x), len(y))
    options = {"kid_subsets": 100, "kid_subset_size": size, "kid_degree": 3, "kid_gamma": None, "kid_coef0": 1}
    found = kid.kid_features_to_metric(x, y, verbose=False, rng_seed=0, kid_kernel="poly", **options)
    return float(found["kernel_inception_distance_mean"])


def fidelity_precision(x: Tensor, y: Tensor) -> float:
    """torch-fidelity's precision and recall, k = 5."""
    from torch_fidelity import metric_prc as prc

    found = prc.prc_features_to_metric(x, y, verbose=False, prc_neighborhood=5, prc_batch_size=10_000)
    return float(found["precision"])


def prdc_all(x: Tensor, y: Tensor) -> float:
    """prdc's four."""
    import prdc

    return float(prdc.compute_prdc(x.cpu().numpy(), y.cpu().numpy(), 5)["coverage"])


def prdc_in_torch(x: Tensor, y: Tensor) -> float:
    """The same four as plain torch code has them: `cdist`, `kthvalue`, comparisons, a thousand rows at a time."""
    radii = [
        torch.cat([torch.cdist(rows, z).kthvalue(6, dim=1).values for rows in torch.split(z, 1000)]) for z in (x, y)
    ]
    inside, held, found, near = 0.0, 0.0, torch.zeros(len(x), dtype=torch.bool, device=x.device), []
    for rows, own in zip(torch.split(y, 1000), torch.split(radii[1], 1000), strict=True):
        distances = torch.cdist(rows, x)
        in_balls = distances < radii[0]
        inside += float(in_balls.any(1).sum())
        held += float(in_balls.sum())
        found |= (distances < own[:, None]).any(0)
        near.append(distances.amin(0))
    return float((torch.stack(near).amin(0) < radii[0]).double().mean())


def vendi_dual(x: Tensor, y: Tensor) -> float:
    """vendi-score's dual form."""
    from vendi_score import vendi

    return float(vendi.score_dual(y.cpu().numpy(), normalize=True))


PEERS: dict[str, Callable[[Tensor, Tensor], float]] = {
    "torch-fidelity Fréchet": fidelity_frechet,
    "torch-fidelity KID (subsets)": fidelity_kid,
    "torch-fidelity precision, recall": fidelity_precision,
    "prdc": prdc_all,
    "vendi-score": vendi_dual,
}


ON_A_CARD: dict[str, Callable[[Tensor, Tensor], float]] = {
    "torch-fidelity KID (subsets)": fidelity_kid,
    "torch-fidelity precision, recall": fidelity_precision,
    "prdc in torch": prdc_in_torch,
    "vendi-score": vendi_dual,
}
"""Peers that are timed beside a GPU's panel; torch-fidelity's Fréchet distance works on the CPU, for minutes."""


def pytorch_fid(x: Tensor, y: Tensor) -> float:
    """pytorch-fid from features to its number, as its own command does it."""
    from pytorch_fid import fid_score

    sides = [(z.cpu().numpy().mean(0), np.cov(z.cpu().numpy(), rowvar=False)) for z in (x, y)]
    return float(fid_score.calculate_frechet_distance(*sides[0], *sides[1]))


def ours_frechet(x: Tensor, y: Tensor) -> float:
    """genbench's Fréchet distance alone."""
    return frechet_distance(moments(x), moments(y))


@dataclass(frozen=True, slots=True)
class Timing:
    """The median of the rounds in seconds, and what came out."""

    seconds: float
    result: object


def timed(ways: dict[str, Callable[[Tensor, Tensor], object]], x: Tensor, y: Tensor, rounds: int) -> dict[str, Timing]:
    """Each way in turn, `rounds` times; one that is not installed or does not run here is left out with a line."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    results: dict[str, object] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            try:
                with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                    warnings.simplefilter("ignore")
                    start = time.perf_counter()
                    results[name] = way(x, y)
                    if x.is_cuda:
                        torch.cuda.synchronize()
                    seconds[name].append(time.perf_counter() - start)
            except (ImportError, TypeError) as error:
                print(f"left out: {name}: {error}", file=sys.stderr)
    return {name: Timing(statistics.median(s), results[name]) for name, s in seconds.items() if s}


def extra_memory(way: str, n: int, d: int) -> float:
    """MiB that one way takes beyond its inputs, in a process of its own."""
    command = [sys.executable, __file__, "--memory", way, "--n", str(n), "--d", str(d)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(answer.stdout.splitlines()[-1])["extra"])


def measure_memory(way: str, n: int, d: int) -> None:
    """In the child: libraries warmed up on small sets first, then inputs, then the way, with the peak's growth."""
    run = panel if way == "panel" else PEERS[way]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        run(features(1200, 32, 5), features(1200, 32, 6))
        x, y = features(n, d, 2), features(n, d, 3)
        before = peak_memory(again=True)
        run(x, y)
    print(json.dumps({"extra": (peak_memory() - before) / 1024}))


def peak_memory(*, again: bool = False) -> int:
    """KiB of resident memory at its peak; `again`: forget the peak so far (Linux), so that only what follows counts."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if again:
        with contextlib.suppress(OSError):  # some containers forbid it: then the peak so far counts too
            Path("/proc/self/clear_refs").write_text("5")
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0])


def show(rows: list[tuple[str, ...]]) -> None:
    """A table in Markdown."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for k, row in enumerate(rows):
        print("| " + " | ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)) + " |")
        if k == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    print()


def compare_panel(n: int, d: int, rounds: int, device: str) -> None:
    """The panel against the peers' sum and against its own products."""
    x, y = features(n, d, 2).to(device), features(n, d, 3).to(device)
    peers_here = PEERS if device == "cpu" else ON_A_CARD
    ways = {"genbench, whole panel": panel, "matrix products alone": products}
    timed(ways, x, y, 1)  # compiles, and fills the library's work spaces
    found = timed({**ways, **peers_here}, x, y, rounds)
    ours = found["genbench, whole panel"].seconds
    peers = sum(found[name].seconds for name in peers_here if name in found)
    where = torch.cuda.get_device_name() if x.is_cuda else f"{torch.get_num_threads()} threads"
    print(f"n = {n:,}, d = {d:,}, {where}, {rounds} rounds; the panel is {', '.join(PANEL)}\n")
    rows = [("way", "seconds", "ratio to genbench")]
    rows += [(name, f"{t.seconds:.2f}", f"{t.seconds / ours:.2f}") for name, t in found.items()]
    rows.append(("all peers together", f"{peers:.2f}", f"{peers / ours:.2f}"))
    show(rows)
    print(f"genbench / matrix products = {ours / found['matrix products alone'].seconds:.2f}\n")


def compare_metrics(n: int, d: int, rounds: int) -> None:
    """On a card: each metric alone, and the memory beyond the inputs."""
    x, y = features(n, d, 2).cuda(), features(n, d, 3).cuda()
    alone = {name: partial(panel, metrics=(name,)) for name in PANEL}
    found = timed(alone, x, y, max(2, rounds))
    show([("alone", "seconds"), *((name, f"{t.seconds:.3f}") for name, t in found.items())])
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    panel(x, y)
    print(f"memory beyond the inputs: {(torch.cuda.max_memory_allocated() - before) >> 20} MiB\n")


def compare_with_cpu(d: int) -> None:
    """On a card: every number of the panel against the CPU's in float64, on easy and on hard sets of 3,000 rows."""
    x, y = features(3000, d, 2), features(3000, d, 3)
    one = y[:1] + 1e-3 * torch.randn(3000, d, generator=torch.Generator().manual_seed(4))
    labels = torch.arange(3000) % 10
    classes = 3 * torch.randn(10, d, generator=torch.Generator().manual_seed(5))
    sets = {
        "alike": (x, y),
        "one sample, blurred": (x, one),
        "copies": (x, torch.cat([x[:1500], y[:1500]])),
        "ten classes, sorted": (x + classes[labels.sort().values], y + classes[labels.flip(0)]),
        "far from 0": (x + 100, y + 100),
    }
    rows = [("set", "metric", "card", "CPU, float64", "difference")]
    for name, (real, made) in sets.items():
        card = panel(real.cuda(), made.cuda(), CHECKED)
        with mock.patch.object(points, "SMALL", 1 << 60), mock.patch.object(vendi, "EXACT", 1 << 60):
            cpu = panel(real, made, CHECKED)
        for key in card:
            rows.append((name, key, f"{card[key]:.9g}", f"{cpu[key]:.9g}", f"{abs(card[key] - cpu[key]):.1e}"))
    show(rows)


def compare_frechet(n: int, d: int, rounds: int) -> None:
    """One Fréchet distance with n < d against pytorch-fid."""
    x, y = features(n, d, 2), features(n, d, 3)
    found = timed({"genbench": ours_frechet, "pytorch-fid": pytorch_fid}, x, y, rounds)
    rows = [(f"Fréchet alone, n = {n:,}, d = {d:,}", "seconds", "ratio to genbench", "value")]
    for name, t in found.items():
        rows.append((name, f"{t.seconds:.2f}", f"{t.seconds / found['genbench'].seconds:.1f}", f"{t.result:.6g}"))
    show(rows)


def compare_memory(n: int, d: int, *, large: int | None) -> None:
    """Peak memory beyond the inputs."""
    rows = [("memory beyond the inputs", "MiB")]
    sizes = [n, large] if large else [n]
    rows += [(f"genbench, whole panel, n = {size:,}", f"{extra_memory('panel', size, d):.0f}") for size in sizes]
    for name in PEERS:
        try:
            rows.append((f"{name}, n = {n:,}", f"{extra_memory(name, n, d):.0f}"))
        except subprocess.CalledProcessError as error:
            print(f"left out: {name}: {error.stderr.splitlines()[-1]}", file=sys.stderr)
    show(rows)


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--d", type=int, default=2_048)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--large", action="store_true", help="also the peak memory at five times n")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--memory", metavar="WAY", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))
    if arguments.memory:
        measure_memory(arguments.memory, arguments.n, arguments.d)
        return
    compare_panel(arguments.n, arguments.d, arguments.rounds, arguments.device)
    if arguments.device != "cpu":
        compare_metrics(arguments.n, arguments.d, arguments.rounds)
        compare_with_cpu(arguments.d)
        return
    compare_frechet(1_000, arguments.d, max(3, arguments.rounds))
    compare_memory(arguments.n, arguments.d, large=5 * arguments.n if arguments.large else None)


if __name__ == "__main__":
    main()
