"""Checks on what a fitted model says it can do: shapes, ranges, seeds, batches, honesty."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genbench.conformance.subject import FEW, Check, Subject
from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.core.seeds import is_repeat
from genbench.models.solvers import Solved, solver
from genbench.protocols.model import Solves, Variational, capabilities
from genbench.training.weights import load_weights, save_weights


def samples_keep_their_word(subject: Subject) -> Iterator[str]:
    """Shape, type, device, range; all randomness from the generator; fewer a prefix of more."""
    subject.need("samples")
    model = subject.model

    def draw(n: int, key: str) -> Tensor:
        return seeds.draw(model.sample, n, key, device=subject.device, chunk=FEW)

    torch.manual_seed(1)
    one = model.sample(FEW, generator=seeds.generator("check", 0, device=subject.device))
    if not isinstance(one, Tensor):
        yield f"sample gives {type(one).__name__}: expected a tensor of shape {(FEW, *subject.data.spec.shape)}."
        return
    yield from _examples(subject, one, "sample", FEW)
    if len(one) != FEW or not bool(torch.isfinite(one).all()):
        return  # what follows would say the same in other words
    torch.manual_seed(1)
    x = draw(FEW, "check")
    outside = torch.get_rng_state()
    torch.manual_seed(2)
    if not is_repeat(x, draw(FEW, "check"), subject.device):
        yield "sample gives other samples for the same generator: draw only from `generator`, never from torch's own."
    torch.set_rng_state(outside)
    draw(FEW, "check")
    if not torch.equal(outside, torch.get_rng_state()):
        yield "sample draws from torch's own generator: draw only from `generator`."
    if torch.equal(x, draw(FEW, "another")) and subject.entry.card.family != "control":
        yield "sample gives the same samples for another seed: draw from `generator`."
    if not is_repeat(x, draw(3 * FEW, "check")[:FEW], subject.device):
        yield "fewer samples are not a prefix of more: sample must not depend on what was drawn before."


def solvers_keep_their_word(subject: Subject) -> Iterator[str]:
    """Samples by each solver, in the number of network evaluations that it states; `sample` is one of them."""
    if not isinstance(subject.model, Solves):
        raise Unsupported("it does not solve an equation in steps")
    model: Any = subject.model
    own = solver(model, model.sampler)
    if str(own) != model.sampler:
        yield f"`sampler` says {model.sampler!r}, its solver takes {own.evaluations}: write {str(own)!r}."
    for asked in (own, *(solver(model, f"{kind}3") for kind in model.solvers)):
        with _counted(model) as calls:
            x = Solved(model, asked).sample(FEW, generator=seeds.generator("use", device=subject.device))
        yield from _examples(subject, x, f"solve by {asked.kind}{asked.steps}", FEW)
        if len(calls) != asked.evaluations:
            yield f"{asked} evaluates the network {len(calls)} times: state that in `solvers`."
        if asked is own and not is_repeat(x, answers(subject, model)["sample"], subject.device):
            yield f"sample gives other samples than its own sampler {asked}."


@contextmanager
def _counted(model: nn.Module) -> Iterator[list[None]]:
    """The calls of the child with the most parameters."""
    calls: list[None] = []
    net = max(model.children(), key=lambda child: sum(p.numel() for p in child.parameters()))
    handle = net.register_forward_hook(lambda *_: calls.append(None))
    try:
        yield calls
    finally:
        handle.remove()


def reconstructs_keep_their_word(subject: Subject) -> Iterator[str]:
    """Shape and range; a function of each example alone."""
    subject.need("reconstructs")
    y = subject.model.reconstruct(subject.x[:FEW])
    yield from _examples(subject, y, "reconstruct", FEW)
    yield from _rowwise(subject.model.reconstruct, subject.x[:FEW], "reconstruct")


def codes_keep_their_word(subject: Subject) -> Iterator[str]:
    """encode: (B, latent); decode: back to examples; both functions of each example alone."""
    subject.need("encodes")
    model = subject.model
    if not isinstance(getattr(model, "latent", None), int):
        yield "encode needs `latent` beside it, the width of its codes: write `self.latent = 16` in the constructor."
        return
    z = model.encode(subject.x[:FEW])
    if z.shape != (FEW, model.latent):
        yield f"encode gives the shape {tuple(z.shape)} for {FEW} examples: expected ({FEW}, latent={model.latent})."
    yield from _rowwise(model.encode, subject.x[:FEW], "encode")
    yield from _examples(subject, model.decode(z), "decode", FEW)
    yield from _rowwise(model.decode, z, "decode")
    if isinstance(model, Variational):
        yield from _scores(subject, model.kl, "kl")


def density_is_honest(subject: Subject) -> Iterator[str]:
    """(B,) finite nats with a named likelihood; real data are likelier than far noise."""
    subject.need("density")
    if not getattr(subject.model, "likelihood", "") or not hasattr(subject.model, "likelihood_kind"):
        yield "log_prob needs `likelihood` (its name) and `likelihood_kind` beside it."
    yield from _scores(subject, subject.model.log_prob, "log_prob")
    if not float(subject.model.log_prob(subject.x).mean()) > float(subject.model.log_prob(subject.noises[-1]).mean()):
        yield "log_prob finds noise likelier than real data."


def outlier_score_is_honest(subject: Subject) -> Iterator[str]:
    """(B,) finite, named, and higher for far noise than for real data (AUROC above 0.5). For a discriminator, which
    need not know what is far from all it was shown, near noise may do as well."""
    subject.need("outliers")
    title = getattr(subject.model, "outlier_score_name", "")
    if not title:
        yield "outlier_score needs `outlier_score_name` beside it."
    score = subject.model.outlier_score
    yield from _scores(subject, score, "outlier_score")
    if subject.entry.card.family == "control":
        return  # a baseline that looks at one thing, such as brightness, may well prefer noise
    noises = subject.noises if title == "discriminator" else subject.noises[-1:]
    area = max(_auroc(score(subject.x), score(noise)) for noise in noises)
    if not area > 0.5:
        yield f"outlier_score ranks noise below real data (AUROC {area:.2f}): higher must mean more unusual."


def _auroc(usual: Tensor, unusual: Tensor) -> float:
    """The chance that an unusual score is above a usual one."""
    above = (unusual[:, None] > usual).double() + 0.5 * (unusual[:, None] == usual).double()
    return float(above.mean())


def classes_keep_their_word(subject: Subject) -> Iterator[str]:
    """sample_class: one draw a label, all randomness from the generator."""
    subject.need("conditional")
    labels = torch.arange(FEW, device=subject.device) % max(1, subject.data.spec.classes)

    def draw() -> Tensor:
        x: Tensor = subject.model.sample_class(labels, generator=seeds.generator("check", device=subject.device))
        return x

    x = draw()
    yield from _examples(subject, x, "sample_class", FEW)
    if not is_repeat(x, draw(), subject.device):
        yield "sample_class gives other samples for the same generator: draw only from `generator`."


def evaluation_leaves_no_trace(subject: Subject) -> Iterator[str]:
    """Sampling, coding and scoring change no weight and no buffer."""
    if subject.model.training:
        yield "the model is still in training mode after it was fitted."
    before = {key: value.clone() for key, value in subject.model.state_dict().items()}
    answers(subject, subject.model)
    changed = [k for k, v in subject.model.state_dict().items() if not torch.equal(before[k], v)]
    if changed:
        yield f"evaluating it changed {changed[0]!r}: in eval() nothing may be learnt."


def saved_and_loaded_it_is_the_same(subject: Subject) -> Iterator[str]:
    """A model made anew and filled from the saved weights does the same (products may round by a tensor's address)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save_weights(subject.model, path, {"model": subject.name})
        twin = subject.fresh(seed=1)
        load_weights(twin, path)
    twin.eval()
    theirs, again = answers(subject, twin), answers(subject, subject.model)
    for name, ours in answers(subject, subject.model).items():
        if not torch.allclose(ours, again[name], rtol=1e-5, atol=1e-6, equal_nan=True):
            continue  # it does not repeat itself, which is said elsewhere
        if not torch.allclose(ours, theirs[name], rtol=1e-5, atol=1e-6, equal_nan=True):
            yield f"{name} differs after saving and loading: keep all that it needs in parameters and buffers."


CHECKS: dict[str, Check] = {
    "samples": samples_keep_their_word,
    "solvers": solvers_keep_their_word,
    "reconstructs": reconstructs_keep_their_word,
    "encodes": codes_keep_their_word,
    "density": density_is_honest,
    "outliers": outlier_score_is_honest,
    "conditional": classes_keep_their_word,
    "evaluation mode": evaluation_leaves_no_trace,
    "save and load": saved_and_loaded_it_is_the_same,
}


def _examples(subject: Subject, x: Tensor, method: str, n: int) -> Iterator[str]:
    wanted = (n, *subject.data.spec.shape)
    if tuple(x.shape) != wanted:
        yield f"{method} gives the shape {tuple(x.shape)}: expected {wanted}."
    if x.dtype != torch.float32:
        yield f"{method} gives {x.dtype}: expected torch.float32."
    if x.device.type != subject.device.type:
        yield f"{method} answers on {x.device}, the model is on {subject.device}."
    if not bool(torch.isfinite(x).all()):
        yield f"{method} gives NaN or inf."
    bounds = subject.data.spec.value_range
    if bounds and not bool(((x >= bounds[0]) & (x <= bounds[1])).all()):
        yield f"{method} leaves the data's range {bounds}: it gives [{float(x.min()):.3g}, {float(x.max()):.3g}]."


def _scores(subject: Subject, function: Callable[[Tensor], Tensor], method: str) -> Iterator[str]:
    values = function(subject.x[:FEW])
    if values.shape != (FEW,):
        yield f"{method} gives the shape {tuple(values.shape)} for {FEW} examples: expected ({FEW},)."
    if not bool(torch.isfinite(values).all()):
        yield f"{method} gives NaN or inf on real data."
    yield from _rowwise(function, subject.x[:FEW], method)


def _rowwise(function: Callable[[Tensor], Tensor], x: Tensor, method: str) -> Iterator[str]:
    given = x.clone()
    together, again = function(given).clone(), function(x.clone())
    if not torch.equal(given, x):
        yield f"{method} changes its input in place: work on a copy."
    if not is_repeat(together, again, x.device):
        yield f"{method} gives two answers to one question: it must be deterministic."
    alone = torch.cat([function(row[None].clone()).clone() for row in x])
    if alone.shape == together.shape and not torch.allclose(alone, together, rtol=1e-3, atol=1e-4):
        yield f"{method} one by one differs from {method} of the batch: examples must not see their batch mates."


def answers(subject: Subject, model: Any) -> dict[str, Tensor]:
    """What the model answers to everything that it can be asked."""
    can, x = capabilities(model), subject.x[:FEW]
    found: dict[str, Tensor] = {}
    if "samples" in can:
        found["sample"] = model.sample(FEW, generator=seeds.generator("use", device=subject.device))
    if "reconstructs" in can:
        found["reconstruct"] = model.reconstruct(x)
    if "encodes" in can:
        found["encode"] = model.encode(x)
    if "density" in can:
        found["log_prob"] = model.log_prob(x)
    if "outliers" in can:
        found["outlier_score"] = model.outlier_score(x)
    return found
