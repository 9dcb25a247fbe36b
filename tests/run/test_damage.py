"""What was damaged on the disk is noticed, set aside and made again: never a plausible wrong number."""

from __future__ import annotations

import socket
from pathlib import Path

import pandas as pd
import pytest
import torch

import genbench
from genbench.core import tensor_files
from genbench.core.errors import DataError
from genbench.core.paths import below, last_writer
from genbench.data.loading import load_dataset
from genbench.encoders.features import split_features
from genbench.encoders.loading import load_encoder
from genbench.runs.options import Options
from genbench.runs.outcome import Result
from genbench.store import Store


def flipped(path: Path, start: int, count: int = 1_000) -> None:
    content = bytearray(path.read_bytes())
    for i in range(start, min(len(content), start + count)):
        content[i] ^= 0x10
    path.write_bytes(bytes(content))


def test_flipped_bytes_of_weights_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    tensor_files.write(path, {"a": torch.randn(100, 100), "b": torch.arange(3), "c": torch.tensor(1.5)}, {"fit": "{}"})
    tensors, metadata = tensor_files.read(path)
    assert metadata == {"fit": "{}"} and tensors["b"].tolist() == [0, 1, 2] and tensors["c"].shape == ()
    flipped(path, path.stat().st_size - 8_000)
    with pytest.raises(DataError, match="digest is another"):
        tensor_files.read(path)


def test_changed_metadata_is_noticed_too(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    tensor_files.write(path, {"a": torch.ones(2)}, {"seconds": "1.25"})
    path.write_bytes(path.read_bytes().replace(b"1.25", b"9.25"))
    with pytest.raises(DataError):
        tensor_files.read(path)


def test_a_file_of_an_older_genbench_is_believed(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.ones(2)}, tmp_path / "old.safetensors", metadata={"x": "y"})
    assert tensor_files.read(tmp_path / "old.safetensors")[1] == {"x": "y"}


def test_a_zeroed_cache_of_features_is_made_again(tmp_path: Path) -> None:
    data = load_dataset("digits")
    encoder = load_encoder("in-domain", data, cache=tmp_path, device="cpu")
    first = split_features(encoder, data, "reference", cache=tmp_path)
    (path,) = (tmp_path / "features").iterdir()
    content = path.read_bytes()
    path.write_bytes(content[:-4_000] + bytes(4_000))
    assert split_features(encoder, data, "reference", cache=tmp_path).equal(first)
    assert path.with_name(f"{path.name}.broken").exists() and path.read_bytes() == content


def test_what_data_name_lies_below_the_root(tmp_path: Path) -> None:
    root = tmp_path / "run"
    root.mkdir()
    (root / "in.png").write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    assert below(root, "in.png") is not None
    for path in ("../secret.png", str(tmp_path / "secret.png"), "link.png", "a\0b", "x" * 5_000, "", "."):
        assert below(root, path) is None


def test_a_long_name_is_written_too(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250)
    with last_writer(path) as temporary:
        temporary.write_text("whole")
    assert path.read_text() == "whole" and list(tmp_path.iterdir()) == [path]


SUITE = """
schema = 1
name = "damage"
models = ["gaussian", "vae"]
datasets = ["digits"]
seeds = 1
[budget]
images = 640
[[evaluations]]
name = "sample-quality"
samples = 100
metrics = ["frechet"]
encoder = "pixels"
"""


def run_suite(folder: Path) -> Result:
    path = folder / "damage.toml"
    path.write_text(SUITE)
    return genbench.run(str(path), Options(executor="inline", device="cpu", out=folder / "out"))


def values(folder: Path) -> pd.Series:
    with Store(folder / "out" / "genbench.db") as store:
        return store.table().set_index("label").value


def test_weights_on_a_full_disk_fail_by_name_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("genbench.runs.fit.save_weights", full)
        result = run_suite(tmp_path)
    assert len(result.failed) == 2 and all("could not be kept: No space left" in line for line in result.failed)
    assert run_suite(tmp_path).ok and values(tmp_path).notna().all()


def test_flipped_weights_are_trained_again_to_the_same_numbers(tmp_path: Path) -> None:
    assert run_suite(tmp_path).ok
    before = values(tmp_path)
    with Store(tmp_path / "out" / "genbench.db") as store:
        store.forget(list(store.table().job), [])
    for path in (tmp_path / "out" / "artifacts" / "fits").iterdir():
        flipped(path, path.stat().st_size - 1_500)
    assert run_suite(tmp_path).ok
    pd.testing.assert_series_equal(values(tmp_path), before, check_exact=True)
    kept = {p.suffix for p in (tmp_path / "out" / "artifacts" / "fits").iterdir()}
    assert kept == {".safetensors", ".broken"}
    genbench.load(tmp_path / "out").clean()
    assert {p.suffix for p in (tmp_path / "out" / "artifacts" / "fits").iterdir()} == {".safetensors"}


def test_a_suite_of_our_own_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("something wanted to connect")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert run_suite(tmp_path).ok
