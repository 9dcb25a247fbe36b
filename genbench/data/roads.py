"""`roads`: driving scenes of 32 × 32 pixels with a long tail, the kind of data that outlier detection is for.

95 % of the training scenes are ordinary (straight, clear, empty); 5 % are rare: somebody on a crossing, snow or heavy
rain, a barrier, a sharp bend. Reference and ceiling are ordinary, so that a perfect detector is perfect. A picture is
a function of its attributes (`draw`), which are returned with it.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from genbench.data.assembly import About, image_dataset
from genbench.data.canvas import Canvas, Dice, in_batches, kept, mix, rgb
from genbench.data.splits import Parts, shuffled
from genbench.protocols.dataset import Dataset, Pool, Split

RECIPE = "roads-2"
SIDE = 32
KINDS = ("ordinary", "crossing", "weather", "barrier", "bend")
WEIGHTS = (0.95, 0.0125, 0.0125, 0.0125, 0.0125)
ORDINARY = (1.0, 0.0, 0.0, 0.0, 0.0)
ATTRIBUTES = (
    *("kind", "weather", "bend", "person", "barrier", "daylight"),
    *("land", "horizon", "phase", "place", "tilt", "trees", "hue"),
)
"""`kind` indexes `KINDS`; `weather`: 0 clear, 1 heavy rain, 2 snow; `person`, `barrier`: 0 or 1; `land`: 0 meadow,
1 desert, 2 forest; `place`: how near the crossing or barrier is; the rest shape the scene."""

SIZES = {"train": 20_000, "val": 0, "reference": 4_000, "ceiling": 4_000}
RARE = 500
"""Examples of each rare kind in its outlier set."""
POOL, POOL_RARE = 20_000, 250
"""Scenes of the pool, and how many of each rare kind are among them."""
POOL_RECIPE = "roads-pool-2"

LANDS = torch.tensor([[0.36, 0.55, 0.24], [0.78, 0.66, 0.44], [0.20, 0.40, 0.20]], dtype=torch.float64)
JACKETS = torch.tensor([[0.85, 0.12, 0.12], [0.95, 0.75, 0.10], [0.12, 0.20, 0.75]], dtype=torch.float64)


def roads(*, root: str | None = None) -> Dataset:
    """20,000 scenes of the long-tailed law to train on, 4,000 ordinary ones each as reference and ceiling, 500 of each
    rare kind as outlier sets, and for each seed a pool of 20,000 unlabelled ones, 1,000 of them rare."""
    levels = kept(RECIPE, _all)
    parts = Parts(*(_split(levels, name) for name in SIZES))
    about = About(
        name="roads",
        title="Roads: procedural driving scenes, 5 % rare",
        licence="none needed: procedural",
        source="genbench",
        classes=KINDS,
        factors=ATTRIBUTES,
    )
    data = image_dataset(about, parts)
    rare = {kind: _split(levels, kind) for kind in KINDS[1:]}
    pool = Pool(POOL_RECIPE, unlabelled, rare=tuple(range(1, len(KINDS))))
    return replace(data, outliers={**rare, **data.outliers}, near=frozenset(rare), pool=pool)


def unlabelled(seed: int) -> Split:
    """The pool of a seed: 20,000 scenes in a random order, 250 of each rare kind among them, no scene in two pools."""
    return _split(kept(f"{POOL_RECIPE}-{seed}", lambda: _pool(seed)), "pool")


def _pool(seed: int) -> dict[str, Tensor]:
    counts = (POOL - POOL_RARE * (len(KINDS) - 1), *(POOL_RARE for _ in KINDS[1:]))
    alone = [tuple(float(k == i) for k in range(len(KINDS))) for i in range(len(KINDS))]
    parts = [scenes(n, "pool", seed, KINDS[i], weights=alone[i]) for i, n in enumerate(counts)]
    attributes = torch.cat(parts)[torch.from_numpy(shuffled(POOL, "roads", "pool", seed))]
    return {"pool.attributes": attributes, "pool.levels": _drawn(attributes)}


def scenes(n: int, *parts: str | int, weights: tuple[float, ...] = WEIGHTS) -> Tensor:
    """Attributes (n, 13) of random scenes whose kinds have these weights."""
    dice = Dice(n, "roads", *parts)
    kind = dice.choice(weights)
    weather = torch.where(kind == 2, 1 + dice.choice((0.5, 0.5)), 0.0)
    sharp = dice.uniform(0.75, 1.05) * (2 * dice.choice((0.5, 0.5)) - 1)
    bend = torch.where(kind == 4, sharp, dice.uniform(-0.1, 0.1))
    columns = [kind, weather, bend, (kind == 1).double(), (kind == 3).double()]
    columns += [dice.uniform(0.55, 1.0), dice.choice((0.5, 0.2, 0.3)), dice.uniform(0.36, 0.46), dice.uniform()]
    columns += [dice.uniform(), dice.uniform(-0.05, 0.05), dice.uniform(), dice.uniform()]
    return torch.cat(columns, 1).squeeze(-1)


def draw(attributes: Tensor) -> Tensor:
    """(N, 13) -> (N, 3, 32, 32) bytes, always the same for the same attributes."""
    values = {name: attributes[:, i].double().view(-1, 1, 1) for i, name in enumerate(ATTRIBUTES)}
    canvas = Canvas(len(attributes), SIDE)
    snow, rain = (values["weather"] == 2).double(), (values["weather"] == 1).double()
    across, ground = _ground(canvas, values)
    below = canvas.inside(values["horizon"] - canvas.y).expand(-1, -1, canvas.x.shape[-1])
    _landscape(canvas, values, below, snow, rain)
    _road(canvas, values, across, ground, below, snow)
    for mark, add in ((1, _crossing), (2, _weather), (3, _barrier), (4, _sign)):
        shown = values["kind"] == mark
        if shown.any():
            with canvas.only(shown) as part:
                add(part, {name: value[shown.view(-1)] for name, value in values.items()})
    light = values["daylight"].unsqueeze(1) * (1 - 0.35 * rain.unsqueeze(1))
    canvas.rgb *= light * torch.cat([torch.ones_like(light), 0.97 + 0.03 * light, 0.94 + 0.06 * light], 1)
    return canvas.levels()


def _ground(canvas: Canvas, values: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Where a point lies across the road (±1 at its edges), and how near it is (0 the horizon, 1 the driver)."""
    near = ((canvas.y - values["horizon"]) / (1 - values["horizon"])).clamp_min(1e-3)
    middle = 0.5 + values["tilt"] + 0.55 * values["bend"] * (1 - near).square()
    return (canvas.x - middle) / (0.025 + 0.40 * near), near


def _landscape(canvas: Canvas, values: dict[str, Tensor], below: Tensor, snow: Tensor, rain: Tensor) -> None:
    depth = (canvas.y / values["horizon"]).clamp(0, 1).unsqueeze(1)
    sky = rgb(0.36, 0.60, 0.92) + depth * (rgb(0.80, 0.90, 1.0) - rgb(0.36, 0.60, 0.92))
    sky = sky + rain.unsqueeze(1) * (rgb(0.45, 0.47, 0.50) - sky) + snow.unsqueeze(1) * (rgb(0.86, 0.88, 0.90) - sky)
    canvas.paint(sky, torch.ones_like(below))
    land = mix(LANDS, values["land"]) * (0.9 + 0.2 * values["hue"].unsqueeze(1))
    land = land + 0.92 * snow.unsqueeze(1) * (rgb(0.93, 0.94, 0.97) - land)
    wave = 0.035 * torch.sin(7 * canvas.x + 6.28 * values["trees"]) + 0.02 * torch.sin(
        17 * canvas.x + 9 * values["hue"]
    )
    hills = canvas.inside(values["horizon"] - 0.05 + wave - canvas.y)
    canvas.paint(land * 0.72 + rgb(0.05, 0.08, 0.12), hills)
    canvas.paint(land, below)
    trunk = rgb(0.16, 0.26, 0.14) + 0.6 * snow.unsqueeze(1) * rgb(0.8, 0.8, 0.9)
    wooded = (values["land"] != 1).double()
    for side in (-1, 1):
        for k in range(3):
            near = (values["trees"] * 0.33 + 0.33 * k + 0.17 * (side > 0)) % 1.0
            size, foot = 0.03 + 0.10 * near, values["horizon"] + 0.02 + 0.16 * near
            x = 0.5 + values["tilt"] + side * (0.20 + 0.42 * near)
            canvas.paint(trunk, wooded * canvas.ellipse(x, foot - size, 0.6 * size, 1.2 * size))


def _road(
    canvas: Canvas, values: dict[str, Tensor], across: Tensor, ground: Tensor, below: Tensor, snow: Tensor
) -> None:
    whitened = snow.unsqueeze(1)
    asphalt = rgb(0.30, 0.30, 0.33) + 0.55 * whitened * (rgb(0.85, 0.87, 0.9) - rgb(0.30, 0.30, 0.33))
    soft = canvas.edge / (0.025 + 0.40 * ground)
    canvas.paint(asphalt, below * _band(across, 1.0, soft))
    white = rgb(0.95, 0.95, 0.90) + 0.6 * whitened * (asphalt - rgb(0.95, 0.95, 0.90))
    canvas.paint(white, below * _band(across.abs() - 0.90, 0.055, soft))
    dashes = ((1.4 / ground + 2 * values["phase"]) % 1.0 < 0.5).double() * (ground > 0.06)
    canvas.paint(white, below * dashes * _band(across, 0.055, soft))


def _band(across: Tensor, half: float, soft: Tensor) -> Tensor:
    """1 where |across| < half, with soft edges; both in units of the road's half width."""
    return (0.5 + (half - across.abs()) / (2 * soft)).clamp(0, 1)


def _sign(canvas: Canvas, values: dict[str, Tensor]) -> None:
    """A red and white board on the outer side of a sharp bend."""
    way = torch.sign(values["bend"])
    y = values["horizon"] + 0.05
    board = canvas.box(0.5 + values["tilt"] - 0.04 * way, y, 0.15, 0.055)
    stripes = ((canvas.x * 11 + way * (canvas.y - y).abs() * 11) % 1.0 < 0.5).double()
    canvas.paint(rgb(0.95, 0.95, 0.95), board)
    canvas.paint(rgb(0.85, 0.08, 0.08), board * stripes)


def _crossing(canvas: Canvas, values: dict[str, Tensor]) -> None:
    """Zebra stripes, and somebody on them."""
    across, ground = _ground(canvas, values)
    near = 0.40 + 0.12 * values["place"]
    zebra = (ground > near - 0.13).double() * (ground < near + 0.10) * (across.abs() < 0.85)
    stripes = (((across + 1) * 3.5) % 1.0 < 0.55).double()
    canvas.paint(rgb(0.97, 0.97, 0.95), zebra * stripes)
    foot = values["horizon"] + (1 - values["horizon"]) * near
    x = 0.5 + values["tilt"] + (values["phase"] - 0.5) * 0.30
    tall = 0.34 + 0.05 * values["hue"]
    for leg in (-0.022, 0.022):
        canvas.paint(rgb(0.10, 0.10, 0.16), canvas.box(x + leg, foot - 0.22 * tall, 0.017, 0.22 * tall))
    canvas.paint(mix(JACKETS, (values["trees"] * 3).floor()), canvas.ellipse(x, foot - 0.60 * tall, 0.055, 0.22 * tall))
    canvas.paint(rgb(0.88, 0.68, 0.54), canvas.ellipse(x, foot - 0.89 * tall, 0.036, 0.040))


def _barrier(canvas: Canvas, values: dict[str, Tensor]) -> None:
    """A red and white bar across the whole road, on two posts."""
    near = 0.30 + 0.25 * values["place"]
    foot = values["horizon"] + (1 - values["horizon"]) * near
    half = 0.055 + 0.40 * near
    x, y = 0.5 + values["tilt"], foot - 0.10
    for side in (-1, 1):
        canvas.paint(rgb(0.25, 0.25, 0.28), canvas.box(x + side * half * 0.85, foot - 0.05, 0.018, 0.07))
    bar = canvas.box(x, y, half, 0.05)
    stripes = (((canvas.x - x) / half * 2.5 + (canvas.y - y) * 5) % 1.0 < 0.5).double()
    canvas.paint(rgb(0.96, 0.96, 0.96), bar)
    canvas.paint(rgb(0.86, 0.10, 0.08), bar * stripes)


def _weather(canvas: Canvas, values: dict[str, Tensor]) -> None:
    """Flakes, or slanted streaks: both placed by the scene's own phase."""
    snow, rain = (values["weather"] == 2).double(), (values["weather"] == 1).double()
    shift = 37 * values["phase"] + 11 * values["hue"]
    for k in range(26):
        u = (torch.sin(shift + 12.9898 * k) * 437.5853) % 1.0
        v = (torch.sin(shift * 1.7 + 78.233 * k) * 246.34634) % 1.0
        canvas.paint(rgb(1.0, 1.0, 1.0), snow * canvas.ellipse(u, v, 0.017, 0.017))
    along = canvas.x * 16 + canvas.y * 5 + shift
    streaks = (along % 1.0 < 0.28).double() * (torch.sin(canvas.y * 9 + along.floor() * 4.1) > -0.1)
    canvas.paint(rgb(0.78, 0.82, 0.90), 0.5 * rain * streaks)
    canvas.paint(rgb(0.55, 0.58, 0.62), (0.25 * rain + 0.10 * snow).expand_as(streaks))


def _all() -> dict[str, Tensor]:
    """Every scene of the dataset, as attributes and bytes."""
    made: dict[str, Tensor] = {}
    for name, n in SIZES.items():
        made[f"{name}.attributes"] = scenes(n, name, weights=WEIGHTS if name == "train" else ORDINARY)
    for i, kind in enumerate(KINDS[1:], start=1):
        made[f"{kind}.attributes"] = scenes(RARE, kind, weights=tuple(float(k == i) for k in range(len(KINDS))))
    drawn = {key.replace("attributes", "levels"): _drawn(value) for key, value in made.items()}
    return {**made, **drawn}


def _drawn(attributes: Tensor) -> Tensor:
    return in_batches(draw, attributes) if len(attributes) else torch.empty(0, 3, SIDE, SIDE, dtype=torch.uint8)


def _split(levels: dict[str, Tensor], name: str) -> Split:
    attributes = levels[f"{name}.attributes"]
    return Split(levels[f"{name}.levels"].float().div_(255), attributes[:, 0].long(), attributes.float())
