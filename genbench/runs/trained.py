"""A model that a run has trained, with its sampler: draws the very samples that the run has measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genbench.core import paths
from genbench.core.errors import DataError, UsageError
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.pictures import grid, sample_picture
from genbench.registry import models
from genbench.runs.folder import RunFolder
from genbench.runs.setting import TaskSetting
from genbench.training.trainer import build
from genbench.training.weights import load_weights, save_weights

MOST_BYTES = 2**34
MOST_SHOWN = 10_000


class TrainedModel:
    """One row of a run: `module` in `eval()`, loaded from its weights. Raises `DataError` where these are gone.

    `row`: label, model, sampler, dataset, seed, fit and options, as the store keeps them; `named`: what the suite's own
    names of datasets stand for.
    """

    def __init__(
        self, folder: RunFolder, row: Mapping[str, Any], data_root: str | None = None, *, named: Mapping[str, str]
    ) -> None:
        if row["model"] not in models:
            raise UsageError(f"the model {row['model']!r} of this run came from a plugin: name its file with --plugin.")
        path = folder.weights(row["fit"])
        if not path.is_file():
            raise DataError(f"the weights of {row['label']} are gone ({path}): run again with --force.")
        setting = TaskSetting(place=folder.place, cache=paths.cache_dir(), data_root=data_root, named=named)
        self.context = setting.context()
        spec = self.context.dataset(row["dataset"]).spec
        self.module = build(models.get(row["model"]).load(), spec, row["options"] or {}, seed=row["seed"]).eval()
        load_weights(self.module, path)
        self.label = str(row["label"])
        self._origin = {
            "model": str(row["model"]),
            "dataset": str(row["dataset"]),
            "options": json.dumps(row["options"] or {}, sort_keys=True),
        }
        self._evidence = Evidence(self.module, row["sampler"], row["dataset"], row["seed"], self.context)

    def sample(self, n: int) -> Tensor:
        """(n, *shape): the first n draws; fewer are a prefix of more. Raises `UsageError` for too many."""
        size = 4 * n * self._evidence.dataset.spec.size
        if size > MOST_BYTES:
            most = f"{MOST_BYTES / 2**30:,.0f} GiB"
            raise UsageError(
                f"{n:,} samples of {self.label} would take {size / 2**30:,.1f} GiB; at most {most} are drawn."
            )
        with self.context.pinned(), torch.no_grad():
            return self._evidence.samples(n)

    def save(self, path: str | Path) -> Path:
        """Write the weights as safetensors, which another suite measures by `{ use = MODEL, checkpoint = PATH }`; the
        path. Raises `UsageError` for a name with another ending."""
        place = Path(path)
        if place.suffix != ".safetensors":
            raise UsageError(f"weights are written as .safetensors, got {str(path)!r}.")
        save_weights(self.module, place, self._origin)
        return place

    def save_samples(self, n: int, path: Path) -> None:
        """Write n samples: `.npy` for the array, `.png` for a picture. Raises `UsageError` for another form."""
        if path.suffix == ".png" and n > MOST_SHOWN:
            raise UsageError(
                f"a picture shows at most {MOST_SHOWN:,} samples, not {n:,}: give a name that ends in .npy."
            )
        samples = self.sample(n)
        if path.suffix == ".npy":
            np.save(path, samples.detach().cpu().numpy())
            return
        if path.suffix != ".png":
            raise UsageError(f"samples are written as .png or .npy, got {str(path)!r}.")
        spec = self._evidence.dataset.spec
        if spec.is_image:
            path.write_bytes(grid(samples, spec, columns=max(1, round(n**0.5))))
            return
        pictures = sample_picture(samples, self._evidence.dataset)
        if not pictures:
            raise UsageError("these samples make no picture: give a name that ends in .npy.")
        path.write_bytes(pictures[0].png)
