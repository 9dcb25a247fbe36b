"""`portraits`: drawn faces of 32 × 32 pixels, deliberately imbalanced in skin tone, pose and lighting.

What balance is measured on: `portraits` has the weights below, `portraits-balanced` equal ones (to train attribute
classifiers with). A picture is a function of its attributes (`draw`), which are returned with it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from genbench.data.assembly import About, image_dataset
from genbench.data.canvas import Canvas, Dice, in_batches, kept, mix, rgb
from genbench.data.splits import Parts
from genbench.protocols.dataset import Dataset, Split

RECIPE = "portraits-1"
SIDE = 32
TONES = ("very-light", "light", "medium", "olive", "brown", "dark")
POSES = ("left", "front", "right")
LIGHTS = ("even", "from-left", "from-right", "dim")
WEIGHTS = {"tone": (0.36, 0.28, 0.17, 0.10, 0.06, 0.03), "pose": (0.12, 0.76, 0.12), "light": (0.70, 0.13, 0.13, 0.04)}
ATTRIBUTES = (
    *("tone", "pose", "light", "turn", "hair", "hair-colour", "smile"),
    *("glasses", "width", "backdrop", "shirt", "x", "y", "hue"),
)
"""`tone`, `pose`, `light` index the names above; `turn` is the pose as an angle in [−1, 1]; `hair`: 0 short, 1 long,
2 none; the rest shape the face."""

SIZES = {"train": 12_000, "val": 0, "reference": 4_000, "ceiling": 4_000}

SKIN = (
    (0.97, 0.84, 0.74),
    (0.93, 0.76, 0.62),
    (0.82, 0.62, 0.46),
    (0.68, 0.49, 0.34),
    (0.50, 0.33, 0.22),
    (0.31, 0.20, 0.14),
)
HAIR = ((0.10, 0.08, 0.07), (0.30, 0.18, 0.10), (0.80, 0.62, 0.30), (0.60, 0.24, 0.10), (0.66, 0.66, 0.67))
BACKDROPS = ((0.55, 0.68, 0.82), (0.72, 0.74, 0.72), (0.80, 0.70, 0.56), (0.46, 0.58, 0.50), (0.74, 0.62, 0.74))
SHIRTS = ((0.15, 0.22, 0.45), (0.62, 0.14, 0.16), (0.90, 0.90, 0.90), (0.14, 0.42, 0.28), (0.16, 0.16, 0.18))


def _palette(colours: tuple[tuple[float, float, float], ...], index: Tensor) -> Tensor:
    return mix(torch.tensor(colours, dtype=torch.float64), index)


def build(name: str, *, root: str | None = None) -> Dataset:
    """12,000 / 0 / 4,000 / 4,000 faces; the class is the skin tone."""
    levels = kept(f"{name}-{RECIPE}", partial(_all, name))
    parts = Parts(*(_split(levels, split) for split in SIZES))
    about = About(
        name=name,
        title="Portraits: procedural faces, " + ("balanced" if name.endswith("balanced") else "imbalanced"),
        licence="none needed: procedural",
        source="genbench",
        classes=TONES,
        factors=ATTRIBUTES,
    )
    twin = "" if name.endswith("balanced") else "portraits-balanced"
    return replace(image_dataset(about, parts), attributes=("tone", "pose", "light"), balanced=twin)


portraits = partial(build, "portraits")
portraits_balanced = partial(build, "portraits-balanced")


def faces(n: int, *parts: str | int, balanced: bool = False) -> Tensor:
    """Attributes (n, 14) of random faces."""
    dice = Dice(n, "portraits", *parts)
    weights = {key: tuple(1 / len(w) for _ in w) if balanced else w for key, w in WEIGHTS.items()}
    tone, pose, light = (dice.choice(weights[key]) for key in ("tone", "pose", "light"))
    columns = [tone, pose, light, (pose - 1) * dice.uniform(0.65, 1.0) + dice.uniform(-0.12, 0.12)]
    columns += [dice.choice((0.5, 0.42, 0.08)), dice.choice((0.34, 0.28, 0.16, 0.10, 0.12)), dice.uniform(-0.3, 1.0)]
    columns += [dice.choice((0.82, 0.18)), dice.uniform(0.9, 1.1), dice.choice((0.2,) * 5), dice.choice((0.2,) * 5)]
    columns += [dice.uniform(-0.03, 0.03), dice.uniform(-0.03, 0.03), dice.uniform()]
    return torch.cat(columns, 1).squeeze(-1)


def draw(attributes: Tensor) -> Tensor:
    """(N, 14) -> (N, 3, 32, 32) bytes, always the same for the same attributes."""
    face = {name: attributes[:, i].double().view(-1, 1, 1) for i, name in enumerate(ATTRIBUTES)}
    canvas = Canvas(len(attributes), SIDE)
    backdrop = _palette(BACKDROPS, face["backdrop"]) * (1.08 - 0.25 * canvas.y.unsqueeze(1))
    canvas.paint(backdrop, torch.ones(len(attributes), *canvas.rgb.shape[2:], dtype=torch.float64))
    centre = (0.5 + face["x"], 0.47 + face["y"])
    skin = _palette(SKIN, face["tone"]) * (0.96 + 0.08 * face["hue"].unsqueeze(1))
    _long_hair(canvas, face, centre)
    _body(canvas, face, centre, skin)
    _head(canvas, face, centre, skin)
    _features(canvas, face, centre, skin)
    _hair(canvas, face, centre)
    canvas.rgb *= torch.where(face["light"] == 3, 0.45, 1.0).unsqueeze(1)
    return canvas.levels()


Centre = tuple[Tensor, Tensor]


def _hair_colour(face: dict[str, Tensor]) -> Tensor:
    return _palette(HAIR, face["hair-colour"])


def _long_hair(canvas: Canvas, face: dict[str, Tensor], centre: Centre) -> None:
    """What hangs behind the face and the shoulders."""
    x, y = centre
    behind = x - 0.05 * face["turn"]
    fall = torch.maximum(
        canvas.ellipse(behind, y - 0.04, 0.285 * face["width"], 0.335),
        canvas.box(behind, y + 0.16, 0.265 * face["width"], 0.20),
    )
    canvas.paint(_hair_colour(face) * 0.85, (face["hair"] == 1).double() * fall)


def _body(canvas: Canvas, face: dict[str, Tensor], centre: Centre, skin: Tensor) -> None:
    x, y = centre
    shoulders = canvas.ellipse(x, y + 0.62, 0.42, 0.26)
    canvas.paint(_palette(SHIRTS, face["shirt"]) * _shade(canvas, face, x, 0.5), shoulders)
    neck = canvas.box(x, y + 0.30, 0.095, 0.12)
    canvas.paint(skin * 0.80 * _shade(canvas, face, x, 0.25), neck)
    canvas.paint(skin * 0.80, canvas.ellipse(x, y + 0.40, 0.11, 0.05))


def _head(canvas: Canvas, face: dict[str, Tensor], centre: Centre, skin: Tensor) -> None:
    """The oval of the face and its ears, rounded off by shading towards the edge and away from the light."""
    x, y = centre
    turn, width = face["turn"], face["width"]
    for side in (-1, 1):
        seen = (1 - side * turn).clamp(0, 1)
        canvas.paint(skin * 0.86, seen * canvas.ellipse(x + side * 0.215 * width, y + 0.02, 0.035, 0.06))
    radius = ((canvas.x - x) / (0.225 * width)).square() + ((canvas.y - y) / 0.295).square()
    rounded = (1.06 - 0.16 * radius).clamp(0.75, 1.1).unsqueeze(1)
    skull = canvas.ellipse(x, y - 0.03, 0.225 * width, 0.25)
    jaw = torch.maximum(skull, canvas.ellipse(x + 0.02 * turn, y + 0.07, 0.185 * width, 0.225))
    canvas.paint(skin * rounded * _shade(canvas, face, x, 0.22), jaw)


def _shade(canvas: Canvas, face: dict[str, Tensor], x: Tensor, width: float) -> Tensor:
    """How bright a point is: lit evenly, or from one side. (N, 1, 2S, 2S)."""
    across = ((canvas.x - x) / width).clamp(-1.2, 1.2)
    light = face["light"]
    side = (light == 1).double() - (light == 2).double()
    return (1 - side.abs() * 0.28 - 0.42 * side * across).clamp(0.15, 1.25).unsqueeze(1)


def _features(canvas: Canvas, face: dict[str, Tensor], centre: Centre, skin: Tensor) -> None:
    """Eyes, brows, nose and mouth, which move with the turn of the head; glasses."""
    x, y = centre
    turn, width = face["turn"], face["width"]
    middle = x + 0.085 * turn
    for side in (-1, 1):
        narrow = (1 - 0.35 * (side * turn).clamp_min(0)) * width
        eye = middle + side * 0.088 * narrow
        canvas.paint(rgb(0.97, 0.97, 0.97), canvas.ellipse(eye, y - 0.035, 0.046 * narrow, 0.028))
        canvas.paint(rgb(0.12, 0.09, 0.08), canvas.ellipse(eye + 0.018 * turn, y - 0.035, 0.024, 0.028))
        brow = torch.minimum(_hair_colour(face), skin * 0.6)
        canvas.paint(brow, canvas.box(eye, y - 0.098, 0.05 * narrow, 0.011))
        glass = canvas.ellipse(eye, y - 0.033, 0.052 * narrow, 0.040)
        rim = canvas.ellipse(eye, y - 0.033, 0.072 * narrow, 0.060) - glass
        canvas.paint(rgb(0.08, 0.08, 0.10), face["glasses"] * rim)
    canvas.paint(rgb(0.08, 0.08, 0.10), face["glasses"] * canvas.box(middle, y - 0.035, 0.03, 0.008))
    canvas.paint(skin * 0.74, canvas.ellipse(middle + 0.028 * turn - 0.012, y + 0.045, 0.022, 0.055))
    canvas.paint(skin * 1.03, canvas.ellipse(middle + 0.028 * turn + 0.006, y + 0.035, 0.016, 0.045))
    lips = skin * rgb(0.82, 0.50, 0.48)
    curve = y + 0.155 - face["smile"] * 0.9 * (canvas.x - middle).square() / 0.1
    reach = canvas.inside((canvas.x - middle).abs() - 0.082 * (1 - 0.2 * turn.abs()))
    canvas.paint(lips, reach * canvas.inside((canvas.y - curve).abs() - 0.020))


def _hair(canvas: Canvas, face: dict[str, Tensor], centre: Centre) -> None:
    """What covers the top of the head, down to a hairline."""
    x, y = centre
    shown = (face["hair"] != 2).double()
    top = canvas.ellipse(x - 0.03 * face["turn"], y - 0.075, 0.25 * face["width"], 0.255)
    brow = canvas.ellipse(x + 0.035 * face["turn"], y + 0.07, 0.205 * face["width"], 0.235)
    line = (1 - brow) * canvas.inside(canvas.y - (y - 0.02))
    canvas.paint(_hair_colour(face) * _shade(canvas, face, x, 0.3), shown * top * line)


def _all(name: str) -> dict[str, Tensor]:
    balanced = name == "portraits-balanced"
    made = {f"{split}.attributes": faces(n, name, split, balanced=balanced) for split, n in SIZES.items()}
    return {**made, **{key.replace("attributes", "levels"): _drawn(value) for key, value in made.items()}}


def _drawn(attributes: Tensor) -> Tensor:
    return in_batches(draw, attributes) if len(attributes) else torch.empty(0, 3, SIDE, SIDE, dtype=torch.uint8)


def _split(levels: dict[str, Tensor], name: str) -> Split:
    attributes = levels[f"{name}.attributes"]
    return Split(levels[f"{name}.levels"].float().div_(255), attributes[:, 0].long(), attributes.float())
