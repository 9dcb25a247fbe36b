"""The evaluations that come with genbench. Torch-free."""

from __future__ import annotations

from genbench.protocols.card import EvaluationCard

CATALOGUE: list[tuple[EvaluationCard, str]] = [
    (
        EvaluationCard(
            name="sample-quality",
            summary="How near the samples are to real data, in an encoder's features (on toys: to the known density).",
            metrics=("frechet", "kid", "sliced-wasserstein", "kl-reverse", "kl-forward", "tv"),
            headline="frechet",
        ),
        "genbench.evaluations.sample_quality:evaluate",
    ),
    (
        EvaluationCard(
            name="reconstruction",
            summary="How well an example survives the way through the model and back.",
            metrics=("mse", "psnr", "ssim"),
            headline="mse",
        ),
        "genbench.evaluations.reconstruction:evaluate",
    ),
    (
        EvaluationCard(
            name="diversity",
            summary="Whether the samples cover the real data, and how many modes they reach.",
            metrics=("precision", "recall", "density", "coverage", "vendi", "duplicate-rate", "modes", "mode-kl"),
            headline="coverage",
        ),
        "genbench.evaluations.diversity:evaluate",
    ),
    (
        EvaluationCard(
            name="memorisation",
            summary="Whether the samples are copies of training examples.",
            metrics=("authenticity", "ct", "nn-distance-ratio", "copy-rate"),
            headline="authenticity",
        ),
        "genbench.evaluations.memorisation:evaluate",
    ),
    (
        EvaluationCard(
            name="outlier-detection",
            summary="Whether strange data score higher than ordinary data, for each score that the model can give.",
            metrics=("auroc", "aupr-out", "aupr-in", "fpr95", "recall-at-5"),
            headline="auroc",
        ),
        "genbench.evaluations.outlier_detection:evaluate",
    ),
    (
        EvaluationCard(
            name="speed",
            summary="What training and sampling cost: time, memory, parameters.",
            metrics=(
                "train-throughput",
                "sample-latency",
                "sample-throughput",
                "encode-throughput",
                "parameters",
                "peak-memory",
            ),
            headline="sample-throughput",
        ),
        "genbench.evaluations.speed:evaluate",
    ),
]
