"""The metrics of latent structure, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

UP, DOWN = Direction.HIGHER, Direction.LOWER
_metric = partial(Metric, group="latent-structure")

METRICS: list[Metric] = [
    _metric(
        name="probe-linear", direction=UP, low=0.0, high=1.0, needs="labelled-codes", data=("labels",), least_n=20,
        measure="genbench.metrics.latents:probe_linear",
        summary="Accuracy of logistic regression on standardised codes.",
    ),
    _metric(
        name="probe-linear-by-class", title="linear probe", direction=UP, low=0.0, high=1.0, needs="labelled-codes",
        data=("labels",), least_n=20, measure="genbench.metrics.latents:probe_linear_by_class",
        summary="Accuracy of logistic regression on standardised codes, of each class's examples.",
    ),
    _metric(
        name="probe-knn", direction=UP, low=0.0, high=1.0, needs="labelled-codes", data=("labels",), least_n=20,
        measure="genbench.metrics.latents:probe_knn",
        summary="Accuracy of 5 nearest neighbours on standardised codes.",
    ),
    _metric(
        name="nmi", title="NMI", direction=UP, low=0.0, high=1.0, needs="labelled-codes", data=("labels",),
        measure="genbench.metrics.latents:nmi",
        version=2,
        summary="Normalised mutual information of k-means clusters with the classes.",
    ),
    _metric(
        name="ari", title="ARI", direction=UP, low=-0.5, high=1.0, needs="labelled-codes", data=("labels",),
        measure="genbench.metrics.latents:ari",
        version=2,
        summary="Adjusted Rand index of k-means clusters with the classes.",
    ),
    _metric(
        name="cluster-accuracy", direction=UP, low=0.0, high=1.0, needs="labelled-codes", data=("labels",),
        measure="genbench.metrics.latents:cluster_accuracy",
        version=2,
        summary="Accuracy of k-means clusters under the best matching with the classes.",
    ),
    _metric(
        name="trustworthiness", direction=UP, low=0.0, high=1.0, needs="codes", least_n=22,
        measure="genbench.metrics.latents:trustworthiness", paper="Venna & Kaski 2001",
        version=3,
        summary="Neighbours in code space that are neighbours in data space too.",
    ),
    _metric(
        name="continuity", direction=UP, low=0.0, high=1.0, needs="codes", least_n=22,
        measure="genbench.metrics.latents:continuity", paper="Venna & Kaski 2001",
        version=3,
        summary="Neighbours in data space that are neighbours in code space too.",
    ),
    _metric(
        name="mig", title="mutual information gap", direction=UP, low=0.0, high=1.0, needs="factor-codes",
        data=("factors",), least_n=20, measure="genbench.metrics.latents:mig",
        paper="Chen et al. 2018, arXiv 1802.04942",
        version=2,
        summary="Entropy-normalised gap of the two most informative latents, mean over factors.",
    ),
    _metric(
        name="dci-disentanglement", title="DCI disentanglement", direction=UP, low=0.0, high=1.0,
        needs="factor-codes", data=("factors",), least_n=20, measure="genbench.metrics.latents:dci_disentanglement",
        paper="Eastwood & Williams 2018",
        version=3,
        summary="How far each latent speaks of one factor.",
    ),
    _metric(
        name="dci-completeness", title="DCI completeness", direction=UP, low=0.0, high=1.0, needs="factor-codes",
        data=("factors",), least_n=20, measure="genbench.metrics.latents:dci_completeness",
        paper="Eastwood & Williams 2018",
        version=3,
        summary="How far each factor is held by one latent.",
    ),
    _metric(
        name="dci-informativeness", title="DCI informativeness", direction=UP, low=0.0, high=1.0,
        needs="factor-codes", data=("factors",), least_n=20, measure="genbench.metrics.latents:dci_informativeness",
        paper="Eastwood & Williams 2018",
        version=3,
        summary="Held-out accuracy of the factors' prediction from codes.",
    ),
    _metric(
        name="sap", title="SAP", direction=UP, low=0.0, high=1.0, needs="factor-codes", data=("factors",), least_n=20,
        measure="genbench.metrics.latents:sap", paper="Kumar et al. 2018, arXiv 1711.00848",
        version=2,
        summary="Gap of the two latents that predict a factor best, mean over factors.",
    ),
    _metric(
        name="active-units", direction=UP, low=0.0, needs="codes", measure="genbench.metrics.latents:active_units",
        paper="Burda et al. 2016, arXiv 1509.00519",
        summary="Latents whose mean code varies by more than 0.01.",
    ),
    _metric(
        name="collapsed-share", direction=DOWN, best=0.0, low=0.0, high=1.0, needs="codes",
        measure="genbench.metrics.latents:collapsed_share",
        summary="1 − active units / latents.",
    ),
    _metric(
        name="rate", direction=DOWN, low=0.0, unit="nats", needs="codes", least_n=1,
        measure="genbench.metrics.latents:rate",
        version=2,
        summary="Mean KL divergence of the posterior from the prior.",
    ),
    _metric(
        name="path-ratio", direction=DOWN, best=1.0, low=1.0, needs="codes", least_n=1,
        measure="genbench.metrics.latents:path_ratio",
        version=2,
        summary="Length in feature space of an 11-point latent interpolation over the distance of its ends.",
    ),
    _metric(
        name="midpoint-precision", direction=UP, low=0.0, high=1.0, needs="codes", least_n=6,
        measure="genbench.metrics.latents:midpoint_precision",
        summary="Share of latent midpoints that decode into the reference's manifold.",
    ),
]
