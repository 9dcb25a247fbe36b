"""Cards of the family `control`."""

from __future__ import annotations

from genbench.protocols.card import ModelCard

CARDS: list[tuple[ModelCard, str]] = [
    (
        ModelCard(
            name="control-train-copy",
            title="training data, replayed",
            family="control",
            summary="Training examples replayed: what memorising looks like.",
            objective="x ~ training set",
            capabilities=("samples",),
            sampler="replay",
            weaknesses="Not a model: it must be flagged as a copy.",
        ),
        "genbench.models.controls:TrainCopy",
    ),
    (
        ModelCard(
            name="control-test-half",
            title="real data, held out",
            family="control",
            summary="Held-out real data in a perfect model's place: the ceiling.",
            objective="x ~ ceiling split",
            capabilities=("samples",),
            sampler="replay",
            weaknesses="Not a model: it shows how much of a score is sampling noise.",
        ),
        "genbench.models.controls:TestHalf",
    ),
    (
        ModelCard(
            name="control-marginals",
            title="independent values",
            family="control",
            summary="Each value drawn alone from its training values: the floor.",
            objective="p(x) = Π_j p_j(x_j)",
            capabilities=("samples",),
            sampler="marginals",
            weaknesses="Knows nothing of how values depend on each other; a model below it has not learned it.",
        ),
        "genbench.models.controls:Marginals",
    ),
    (
        ModelCard(
            name="control-noise",
            title="uniform noise",
            family="control",
            summary="Uniform noise over the data's range, and outlier scores at random.",
            objective="x ~ U(range)",
            capabilities=("samples", "outliers"),
            sampler="uniform",
            weaknesses="Not a model.",
        ),
        "genbench.models.controls:Noise",
    ),
    (
        ModelCard(
            name="control-mean-image",
            title="the training mean",
            family="control",
            summary="The training mean, always: the floor of reconstruction and the picture of collapse.",
            objective="x = E x",
            capabilities=("samples", "reconstructs"),
            sampler="constant",
            weaknesses="Not a model.",
        ),
        "genbench.models.controls:MeanImage",
    ),
    (
        ModelCard(
            name="control-untrained",
            title="untrained network",
            family="control",
            summary="The autoencoder's networks at their initial weights: what training must beat.",
            objective="none: the weights are the initial ones",
            capabilities=("samples", "reconstructs", "encodes"),
            weaknesses="Not a model; random codes still keep neighbourhoods, so its floor is not chance.",
        ),
        "genbench.models.controls:Untrained",
    ),
    (
        ModelCard(
            name="control-pixels",
            title="pixels themselves",
            family="control",
            summary="The example itself as its code: what an encoder must beat.",
            objective="z = x",
            capabilities=("encodes",),
            weaknesses="Not a model: its code is as large as the data.",
        ),
        "genbench.models.controls:Pixels",
    ),
    (
        ModelCard(
            name="oracle",
            title="the true distribution",
            family="control",
            summary="The true sampler and density of a toy: what a perfect model scores.",
            objective="p = p_data",
            capabilities=("samples", "density"),
            sampler="truth",
            likelihood="the true density, exact",
            weaknesses="Exists only where the distribution of the data is known.",
        ),
        "genbench.models.controls:Oracle",
    ),
    (
        ModelCard(
            name="control-bright",
            title="brightness",
            family="control",
            summary="Outlier score of brightness: what a model must beat.",
            objective="score = mean x",
            capabilities=("outliers",),
            weaknesses="Not a model.",
        ),
        "genbench.models.confounds:Bright",
    ),
    (
        ModelCard(
            name="control-dark",
            title="darkness",
            family="control",
            summary="Outlier score of darkness: the other sign of brightness, a row of its own.",
            objective="score = −mean x",
            capabilities=("outliers",),
            weaknesses="Not a model.",
        ),
        "genbench.models.confounds:Dark",
    ),
    (
        ModelCard(
            name="control-compressed-size",
            title="compressed size",
            family="control",
            summary="Outlier score of complexity: bytes of the image as PNG.",
            objective="score = PNG bytes",
            capabilities=("outliers",),
            weaknesses="Not a model; no GPU makes PNGs.",
        ),
        "genbench.models.confounds:CompressedSize",
    ),
    (
        ModelCard(
            name="control-total-variation",
            title="roughness",
            family="control",
            summary="Outlier score of roughness: mean absolute difference of neighbours.",
            objective="score = mean |∂x|",
            capabilities=("outliers",),
            weaknesses="Not a model.",
        ),
        "genbench.models.confounds:TotalVariation",
    ),
]
