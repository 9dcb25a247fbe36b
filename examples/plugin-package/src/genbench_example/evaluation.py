"""`denoising`: how much of an example survives noise and the way through the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench import Evaluation, EvaluationConfig, register_evaluation

if TYPE_CHECKING:
    from genbench import Outcome
    from genbench.evaluations.evidence import Evidence


class DenoisingConfig(EvaluationConfig):
    """`samples`: examples of the reference split. `noise`: standard deviation of what is added to each value."""

    samples: int = 1_000
    noise: float = 0.2


@register_evaluation(
    Evaluation(
        name="denoising",
        summary="How much of an example survives noise and the way through the model.",
        config=DenoisingConfig,
        capabilities=("reconstructs",),
        inputs=("images",),
        metrics=("mse", "psnr"),
        headline="mse",
    )
)
def denoising(evidence: Evidence, config: DenoisingConfig) -> Outcome:
    """The model is given x + noise, and what it makes of that is compared with x."""
    import torch  # not at the top: `genbench list` reads the record above without torch

    from genbench import Outcome
    from genbench.evaluations.context import reference_part
    from genbench.evaluations.outcome import measurements
    from genbench.metrics.reconstruction import reconstruction_metrics

    evidence.need("reconstructs")
    x = reference_part(evidence.dataset, config.samples).x
    noise = config.noise * torch.randn(x.shape, generator=evidence.generator("denoising"))
    restored = evidence.through(evidence.model.reconstruct, x + noise)
    return Outcome(measurements(reconstruction_metrics(x, restored.cpu(), metrics=config.metrics), split="reference"))
