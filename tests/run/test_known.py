"""What is remembered of datasets: only what code alone decides, under its content, and never something broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from genbench import Dataset, DataSpec, Split, register_dataset
from genbench.core import code_state as state
from genbench.data.names import is_embedded
from genbench.evaluations.context import RunContext
from genbench.runs import known
from genbench.runs.known import Known
from genbench.runs.setting import TaskSetting
from genbench.store import Place

MADE_OF_CODE = ("digits", "ring8", "digits-without-3", "digits@200", "digits-only-1@val")


@pytest.fixture
def setting(tmp_path: Path) -> TaskSetting:
    return TaskSetting(place=Place.of(tmp_path / "run"), cache=tmp_path / "cache")


def files(setting: TaskSetting) -> list[Path]:
    return sorted((setting.cache / known.FOLDER).glob("*.json"))


def refuse(*_: object) -> None:
    raise AssertionError("something was loaded")


@pytest.mark.parametrize("name", MADE_OF_CODE)
def test_what_is_remembered_is_what_is_seen(name: str, setting: TaskSetting, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Known(setting)
    seen, encoder = first.dataset(name), first.encoder("auto", name)
    assert seen.facts == first.context.dataset(name).facts and len(files(setting)) == 2
    monkeypatch.setattr(RunContext, "dataset", refuse)
    assert (Known(setting).dataset(name), Known(setting).encoder("auto", name)) == (seen, encoder)


def test_other_code_is_asked_again(setting: TaskSetting, monkeypatch: pytest.MonkeyPatch) -> None:
    Known(setting).dataset("ring8")
    monkeypatch.setattr(known, "code_state", lambda: "another")
    Known(setting).dataset("ring8")
    assert len(files(setting)) == 2


def test_nothing_is_remembered_where_a_package_says_not_what_it_holds(
    setting: TaskSetting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "code_state", lambda: None)
    assert Known(setting).dataset("ring8").facts.name == "ring8" and not files(setting)


def test_a_broken_memory_is_set_aside(setting: TaskSetting) -> None:
    seen = Known(setting).dataset("ring8")
    (path,) = files(setting)
    for broken in ("", "{", "[]", '{"question": ["data", "digits"], "answer": 1}'):
        path.write_text(broken)
        assert Known(setting).dataset("ring8") == seen
        assert path.with_name(f"{path.name}.broken").exists()


def test_a_bit_that_was_flipped_is_noticed(setting: TaskSetting) -> None:
    seen = Known(setting).dataset("ring8")
    (path,) = files(setting)
    whole = path.read_text()
    path.write_text(
        whole.replace(seen.facts.fingerprint, seen.facts.fingerprint.replace(seen.facts.fingerprint[0], "z"))
    )
    assert path.read_text() != whole and Known(setting).dataset("ring8") == seen and path.read_text() == whole


def test_a_file_is_read_every_time(tmp_path: Path, setting: TaskSetting) -> None:
    """Two files of one size and time: only what they hold tells them apart."""
    path, found = tmp_path / "mine.npz", []
    for seed in (0, 1):
        np.savez(path, x=np.random.default_rng(seed).random((60, 1, 8, 8), dtype=np.float32))
        found.append(Known(setting).dataset(f"npz:{path}").facts.fingerprint)
    assert found[0] != found[1] and not files(setting)


def test_third_parties_are_asked_every_time(setting: TaskSetting) -> None:
    @register_dataset("mine-of-code", summary="Zeros.")
    def mine(*, root: str | None = None) -> Dataset:
        split = Split(torch.zeros(9, 2))
        return Dataset("mine-of-code", DataSpec((2,)), split, split, split, split)

    assert Known(setting).dataset("mine-of-code").facts.name == "mine-of-code" and not files(setting)
    assert not is_embedded("mine-of-code") and not is_embedded("mine-of-code@5")


def test_names_of_files_are_not_embedded() -> None:
    embedded = {name: is_embedded(name) for name in (*MADE_OF_CODE, "mnist", "mnist@200", "npz:digits-without-3", "x")}
    assert embedded == dict.fromkeys(MADE_OF_CODE, True) | dict.fromkeys(embedded.keys() - set(MADE_OF_CODE), False)


def test_embedded_sets_do_not_look_into_a_data_root(tmp_path: Path, data_root: Path) -> None:
    for name in ("digits", "ring8", "shapes"):
        bare, full = (RunContext(root=r, cache=tmp_path, device="cpu").dataset(name) for r in (None, str(data_root)))
        assert bare.facts == full.facts


def test_the_state_of_code_is_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "package" / "core"
    package.mkdir(parents=True)
    monkeypatch.setattr(state, "__file__", str(package / "code_state.py"))
    found = []
    for content in ("a = 1", "a = 2", "a = 1"):  # of one size
        (package / "made.py").write_text(content)
        found.append(state.code_state.__wrapped__())
    assert found[0] == found[2] != found[1] and None not in found
    monkeypatch.setattr(state, "PACKAGES", ("no-such-package",))
    assert state.code_state.__wrapped__() is None
