"""What is kept in the cache is made once; a cache that cannot be written loses nothing that was made."""

from __future__ import annotations

from pathlib import Path

import torch

from genbench.core.tensor_files import kept


def test_tensors_are_made_once(tmp_path: Path) -> None:
    path, made = tmp_path / "cache" / "x.safetensors", []

    def make() -> dict[str, torch.Tensor]:
        made.append(1)
        return {"x": torch.arange(3)}

    assert [kept(path, ["x"], make)["x"].tolist() for _ in range(2)] == [[0, 1, 2]] * 2 and len(made) == 1
    path.write_bytes(path.read_bytes()[:-1])
    assert kept(path, ["x"], make)["x"].tolist() == [0, 1, 2] and len(made) == 2


def test_a_cache_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    found = kept(tmp_path / "cache" / "x.safetensors", ["x"], lambda: {"x": torch.ones(2)})
    assert found["x"].tolist() == [1, 1]
