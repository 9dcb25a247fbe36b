"""Latent structure: known answers on codes that are known, planted faults in order of severity, controls, pictures."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from genbench import registry
from genbench.core.errors import Diverged
from genbench.core.records import DataFacts, DataKind
from genbench.core.values import Status, Value
from genbench.evaluations import latent_structure
from genbench.evaluations.choice import Choice, choose
from genbench.evaluations.codes import STEPS, along, pairs_of_reference
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.latent_structure import EVALUATION, LatentStructureConfig
from genbench.evaluations.outcome import Outcome
from genbench.models.controls import Pixels, Untrained
from genbench.models.vae import VAE
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Budget
from genbench.training.trainer import build, fit

SIZES = (3, 4, 5)
QUICK = [name for name in EVALUATION.metrics_on(DataKind.TABLE) if not name.startswith("dci")]
"""All but those that fit trees."""


def grid_part(seed: int) -> Split:
    """Every cell of a grid of three factors, five times, almost exactly; the class is the first factor."""
    factors = torch.cartesian_prod(*map(torch.arange, SIZES)).repeat(5, 1).float()
    noise = torch.randn(factors.shape, generator=torch.Generator().manual_seed(seed))
    return Split(factors + 1e-3 * noise, factors[:, 0].long(), factors)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    made = RunContext(root=None, cache=tmp_path_factory.mktemp("cache"), device="cpu")
    parts = [grid_part(i) for i in range(3)]
    data = Dataset("grid", DataSpec((3,), classes=3), parts[0], parts[0].take(slice(0, 0)), parts[1], parts[2])
    made.once(("dataset", "grid"), lambda: data)
    return made


class Coded(nn.Module):
    """x as its own code but for a fault; decodes to what it is given."""

    latent = 3

    def __init__(self, fault: Callable[[Tensor], Tensor] = lambda x: x) -> None:
        super().__init__()
        self.fault, self.calls = fault, 0

    def encode(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.fault(x)

    def decode(self, z: Tensor) -> Tensor:
        return z


def evaluated(model: nn.Module, context: RunContext, dataset: str = "grid", **settings: object) -> Outcome:
    config = LatentStructureConfig.model_validate({"name": "latent-structure", **settings})
    choice = choose(EVALUATION, config, context.dataset(dataset).facts)
    assert isinstance(choice, Choice)
    with torch.no_grad():
        return latent_structure.evaluate(
            Evidence(model.eval(), "", dataset, 0, context), config.model_copy(update={"metrics": choice.metrics})
        )


def values(model: nn.Module, context: RunContext, dataset: str = "grid", **settings: object) -> dict[str, Value]:
    return {m.metric: m.value for m in evaluated(model, context, dataset, **settings).measurements}


def trained(name: str, context: RunContext, dataset: str, images: int = 20_000) -> nn.Module:
    data = context.dataset(dataset)
    model = build(registry.models.get(name).load(), data.spec, {}, seed=0)
    fit(model, data, Budget(images=images), seed=0, device=torch.device("cpu"))
    return model.eval()


# --- codes that are known


def test_the_factors_themselves_are_a_perfect_code(context: RunContext) -> None:
    found = values(Coded(), context)
    for name in ("probe-linear", "probe-knn", "trustworthiness", "continuity", "dci-informativeness"):
        assert found[name].value == pytest.approx(1, abs=1e-6), name
    for name in ("mig", "dci-disentanglement", "dci-completeness"):
        assert found[name].value == pytest.approx(1, abs=0.02), name  # of 300 rows independence is not exact
    assert found["path-ratio"].value == pytest.approx(1, abs=1e-6)  # a straight line, and no encoder bends it
    assert found["active-units"].value == 3 and found["collapsed-share"].value == 0
    assert found["rate"].status is Status.UNSUPPORTED and "a posterior's KL" in str(found["rate"].reason)


def turned(degrees: float) -> Coded:
    """The factors after a rotation in each of the three planes."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = torch.eye(3)
    for i, j in ((0, 1), (1, 2), (0, 2)):
        one = torch.eye(3)
        one[i, i], one[j, j], one[i, j], one[j, i] = c, c, -s, s
        turn = turn @ one
    return Coded(lambda x: x @ turn)


def test_a_rotation_of_a_perfect_code_costs_its_disentanglement_and_nothing_else(context: RunContext) -> None:
    names = ["probe-linear", "trustworthiness", "continuity", "path-ratio", "mig", "dci-disentanglement"]
    found = [values(turned(degrees), context, metrics=names) for degrees in (0, 15, 35)]
    for name in names[4:]:
        series = [one[name].value for one in found]
        assert series == sorted(series, reverse=True) and series[-1] < 0.5 * series[0], (name, series)
    for name in names[:4]:
        assert all(one[name].value == pytest.approx(1, abs=1e-3) for one in found), name


def permuted(share: float) -> Coded:
    """Codes of which this share stand for other examples."""

    def fault(x: Tensor) -> Tensor:
        count = round(share * len(x))
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))[:count]
        z = x.clone()
        z[order] = x[order.roll(1)]
        return z

    return Coded(fault)


def test_codes_of_other_examples_are_caught_in_order_of_their_share(context: RunContext) -> None:
    found = [values(permuted(share), context, metrics=QUICK) for share in (0, 0.25, 0.5, 1)]
    for name in ("probe-linear", "probe-knn", "trustworthiness", "continuity", "mig"):
        series = [one[name].value for one in found]
        assert series == sorted(series, reverse=True) and series[0] > series[1] + 0.05, (name, series)
    assert found[-1]["probe-linear"].value < 1 / 3 + 0.1 and found[-1]["trustworthiness"].value < 0.6
    assert [one["active-units"].value for one in found] == [3] * 4  # which sees variance, not meaning


def test_a_collapse_is_caught_latent_by_latent(context: RunContext) -> None:
    found = [values(Coded(lambda x, k=k: x * (torch.arange(3) >= k)), context, metrics=QUICK) for k in range(4)]
    assert [one["active-units"].value for one in found] == [3, 2, 1, 0]
    assert [one["collapsed-share"].value for one in found] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert found[0]["probe-linear"].value == 1  # the first latent is the class
    for one in found[1:]:
        assert one["probe-linear"].value <= 1 / 3 + 0.1
    dead = found[-1]
    assert dead["mig"].value == 0
    assert dead["path-ratio"].value is None and "ends where it starts" in str(dead["path-ratio"].reason)


def test_a_decoder_that_gives_one_example_for_every_code_leads_nowhere(context: RunContext) -> None:
    model = Coded()
    model.decode = lambda z: 1e-6 * z + 50  # type: ignore[method-assign]
    found = values(model, context, metrics=QUICK)
    assert found["path-ratio"].status is Status.UNSUPPORTED and found["midpoint-precision"].value == 0


def test_a_bent_path_is_longer(context: RunContext) -> None:
    model = Coded()
    model.decode = lambda z: torch.stack([z[:, 0], z[:, 1], 3 * torch.sin(2 * z[:, 2])], 1)  # type: ignore[method-assign]
    assert values(model, context, metrics=["path-ratio"])["path-ratio"].value > 1.2


# --- what a model says of its posterior, and what it does wrong


class Stochastic(Coded):
    def kl(self, x: Tensor) -> Tensor:
        return x.square().sum(1)


def test_the_rate_is_the_mean_of_what_the_model_says(context: RunContext) -> None:
    found = values(Stochastic(), context, metrics=["rate"])["rate"]
    expected = context.dataset("grid").reference.x.square().sum(1).mean()
    assert found.value == pytest.approx(float(expected), rel=1e-5) and found.ci_low < found.value < found.ci_high


def test_what_is_not_finite_has_diverged(context: RunContext) -> None:
    with pytest.raises(Diverged, match="300 of 300 codes"):
        values(Coded(lambda x: x / 0), context, metrics=QUICK)
    broken = Stochastic()
    broken.kl = lambda x: x[:, 0] * float("nan")  # type: ignore[method-assign]
    with pytest.raises(Diverged, match="300 of 300 rates"):
        values(broken, context, metrics=QUICK)


def test_codes_are_made_once(context: RunContext) -> None:
    model = Coded()
    evidence = Evidence(model, "", "grid", 0, context)
    for _ in range(2):
        latent_structure.evaluate(evidence, LatentStructureConfig(name="latent-structure", metrics=("probe-knn",)))
    assert model.calls == 2  # 300 training and 300 reference examples, a batch each


def test_where_there_is_no_encoder_only_the_paths_are_missing(context: RunContext) -> None:
    found = values(Coded(), context, encoder="in-domain", metrics=QUICK)
    assert {name for name in ("path-ratio", "midpoint-precision", "probe-linear") if found[name].value is None} == {
        "path-ratio",
        "midpoint-precision",
    }
    assert found["path-ratio"].reason


def test_paths_join_the_same_examples_for_every_model(context: RunContext) -> None:
    one, other = (pairs_of_reference(Evidence(Coded(), "", "grid", seed, context), 40) for seed in (0, 1))
    assert torch.equal(one, other) and len(one) == 40 and len(one.unique()) == 80
    z = along(torch.tensor([[[0.0, 1.0], [10.0, 1.0]]]))
    assert z.shape == (1, STEPS, 2) and z[0, :, 0].tolist() == pytest.approx(list(range(11)), abs=1e-5)


# --- the record


def test_without_labels_the_headline_is_trustworthiness() -> None:
    facts = DataFacts(name="mine", fingerprint="", kind=DataKind.IMAGES, has=frozenset({"images"}))
    choice = choose(EVALUATION, EVALUATION.config(name="latent-structure"), facts)
    assert isinstance(choice, Choice) and choice.headline == "trustworthiness" and not choice.notes
    assert not {"probe-linear", "mig"} & set(choice.metrics)


def test_pixels_that_lose_neighbourhoods_are_a_warning() -> None:
    class Cell:
        mean = 0.98

    class Table:
        controls = {"control-pixels": "control-pixels"}  # noqa: RUF012
        title = staticmethod(lambda metric: metric)
        cell = staticmethod(lambda label, metric, target="": Cell if label else None)

    assert len(list(latent_structure.sanity(None, Table))) == 2  # type: ignore[arg-type]
    Cell.mean = 1.0
    assert not list(latent_structure.sanity(None, Table))  # type: ignore[arg-type]


# --- real data


@pytest.fixture(scope="module")
def on_digits(context: RunContext) -> dict[str, dict[str, Value]]:
    return {n: values(trained(n, context, "digits"), context, "digits") for n in ("ae", "pca", "vae")} | {
        "pixels": values(trained("control-pixels", context, "digits"), context, "digits"),
        "untrained": values(trained("control-untrained", context, "digits"), context, "digits"),
    }


def test_controls_stand_where_they_must(on_digits: dict[str, dict[str, Value]]) -> None:
    assert on_digits["pixels"]["trustworthiness"].value == pytest.approx(1, abs=1e-5)  # ties may be cut another way
    assert on_digits["pixels"]["continuity"].value == pytest.approx(1, abs=1e-5)
    for name in ("probe-linear", "trustworthiness", "continuity", "midpoint-precision"):
        assert on_digits["ae"][name].value > on_digits["untrained"][name].value, name
    assert on_digits["untrained"]["midpoint-precision"].value == 0
    assert on_digits["untrained"]["path-ratio"].value is None


def test_a_posterior_that_has_collapsed_is_at_chance(
    context: RunContext, on_digits: dict[str, dict[str, Value]]
) -> None:
    model = VAE(context.dataset("digits").spec)
    for parameter in model.encoder[-1][-1].parameters():  # type: ignore[union-attr, index]
        nn.init.zeros_(parameter)
    found = values(model, context, "digits")
    assert found["active-units"].value == 0 and found["collapsed-share"].value == 1
    assert found["rate"].value == pytest.approx(0, abs=1e-6) and on_digits["vae"]["rate"].value > 0.5
    assert found["probe-linear"].ci_low < 0.1 < found["probe-linear"].ci_high + 0.02
    assert on_digits["vae"]["probe-linear"].value > 0.6


def test_pca_on_a_table_is_the_identity_turned(context: RunContext) -> None:
    found = values(trained("pca", context, "grid"), context, metrics=QUICK)
    assert found["trustworthiness"].value == pytest.approx(1, abs=1e-3)
    assert found["path-ratio"].value == pytest.approx(1, abs=1e-4) and found["probe-linear"].value == 1


@pytest.mark.parametrize(
    ("dataset", "names"),
    [("digits", ["map", "traversals", "interpolations"]), ("ring8", ["map"]), ("two-bumps", [])],
)
def test_pictures_are_those_that_the_record_names(context: RunContext, dataset: str, names: list[str]) -> None:
    spec = context.dataset(dataset).spec
    outcome = evaluated(Untrained(spec), context, dataset, metrics=["active-units"])
    assert [image.name for image in outcome.images] == names and set(names) <= set(EVALUATION.pictures)
    for image in outcome.images:
        width, height = Image.open(io.BytesIO(image.png)).size
        assert width >= 200 and height >= 200 and len(image.png) < 30_000 and image.caption


def test_a_map_has_a_colour_for_each_class(context: RunContext, tmp_path: Path) -> None:
    outcome = evaluated(Pixels(context.dataset("digits").spec), context, "digits", metrics=["active-units"])
    pixels = Image.open(io.BytesIO(outcome.images[0].png)).convert("RGB").getcolors(100_000)
    frequent = [colour for count, colour in pixels or [] if count > 60 and max(colour) - min(colour) > 60]
    assert len(frequent) >= 9  # the tenth is grey
