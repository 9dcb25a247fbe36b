"""Pipelines of diffusers and models of pythae are rows, tried with the real packages where they are installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import genbench
from genbench.core.errors import UsageError
from genbench.outside import from_diffusers, from_pythae

pytestmark = pytest.mark.filterwarnings("ignore")  # of other people's libraries
GIVEN = {"device": "cpu", "executor": "inline", "seeds": 1}


def measured(name: str, out: Path) -> pd.DataFrame:
    suite = {
        "name": "board",
        "models": [name, "control-marginals"],
        "datasets": ["digits"],
        "budget": {"images": 640},
        "evaluations": [
            {"name": "sample-quality", "samples": 40, "encoder": "pixels", "metrics": ["frechet"]},
            {"name": "reconstruction", "metrics": ["mse"]},
        ],
    }
    table = genbench.run(suite, out=out, **GIVEN).table()
    return table[table["label"] == name].set_index("metric")


@pytest.fixture
def pipe() -> Any:
    """A small untrained DDPM of four steps."""
    diffusers = pytest.importorskip("diffusers", exc_type=ImportError)
    blocks = {"down_block_types": ("DownBlock2D",), "up_block_types": ("UpBlock2D",)}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        unet = diffusers.UNet2DModel(
            sample_size=8, in_channels=1, out_channels=1, block_out_channels=(8,), norm_num_groups=4,
            layers_per_block=1, **blocks,
        )  # fmt: skip
    return diffusers.DDPMPipeline(unet, diffusers.DDPMScheduler(num_train_timesteps=4))


def test_a_pipeline_of_diffusers_is_a_row(pipe: Any, tmp_path: Path) -> None:
    assert from_diffusers(pipe, "my-ddpm", call={"num_inference_steps": 4}) == "my-ddpm"
    found = measured("my-ddpm", tmp_path)
    assert found.loc["frechet", "status"] == "ok" and found.loc["frechet", "trained"] == "elsewhere"
    assert found.loc["mse", "status"] == "unsupported"
    model = genbench.load(tmp_path).model("my-ddpm")
    x = model.sample(5)
    assert x.shape == (5, 1, 8, 8) and 0 <= float(x.min()) <= float(x.max()) <= 1
    expected = pipe(
        batch_size=5, generator=torch.Generator().manual_seed(3), output_type="np", num_inference_steps=4
    ).images
    drawn = model.module.sample(5, generator=torch.Generator().manual_seed(3))
    assert torch.equal(drawn[:, 0], torch.as_tensor(expected[..., 0]))


def test_a_pipeline_that_wants_a_prompt_is_refused() -> None:
    class ByPrompt:
        def __call__(self, prompt: str, generator: Any = None, output_type: str = "pil") -> None: ...

    with pytest.raises(UsageError, match=r"ByPrompt takes no batch_size.*genbench\.wrap"):
        from_diffusers(ByPrompt(), "by-prompt")


@pytest.fixture
def pythae() -> Any:
    return pytest.importorskip("pythae.models", exc_type=ImportError)


def test_a_vae_of_pythae_is_a_row_with_codes(pythae: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    vae = pythae.VAE(pythae.VAEConfig(input_dim=(1, 8, 8), latent_dim=4))
    from_pythae(vae, "my-vae")
    found = measured("my-vae", tmp_path)
    assert set(found["status"]) == {"ok"}
    module = genbench.load(tmp_path).model("my-vae").module
    x = torch.rand(3, 1, 8, 8)
    assert torch.allclose(module.decode(module.encode(x)), vae.predict(x).recon_x)
    assert module.encode(x).shape == (3, 4)


def test_an_autoencoder_of_pythae_samples_by_a_sampler_only(pythae: Any, tmp_path: Path) -> None:
    samplers = pytest.importorskip("pythae.samplers", exc_type=ImportError)
    torch.manual_seed(0)
    ae = pythae.AE(pythae.AEConfig(input_dim=(1, 8, 8), latent_dim=4))
    from_pythae(ae, "my-ae")
    assert measured("my-ae", tmp_path / "a").loc["frechet", "status"] == "unsupported"
    from_pythae(ae, "my-ae-normal", sampler=samplers.NormalSampler(ae))
    assert measured("my-ae-normal", tmp_path / "b").loc["frechet", "status"] == "ok"
