"""What a plan needs to know of datasets and encoders: looked at, or remembered from an earlier look. Torch-free.

To look takes torch, the data and seconds, which a run in which nothing is missing would spend on nothing else. What is
remembered is of datasets that genbench's own code makes of nothing but itself and of installed packages; it lies in the
cache under a key over the content of all these (`core.code_state`). Files below a data root are read every time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench import registry
from genbench.core import paths
from genbench.core.code_state import code_state
from genbench.core.jobs import content_key
from genbench.core.records import DataFacts, DataKind
from genbench.data.names import is_embedded
from genbench.runs.setting import TaskSetting

if TYPE_CHECKING:
    from genbench.evaluations.context import RunContext

FOLDER = "known"
"""Of the cache."""


@dataclass(frozen=True, slots=True)
class KnownData:
    """A dataset without its examples. `notes`: how its files were read; `fallback`: what is said of its default
    encoder where that is none of its own, `""` where it is."""

    facts: DataFacts
    notes: tuple[str, ...] = ()
    fallback: str = ""


@dataclass(slots=True)
class Known:
    """What is known of the datasets and encoders of a run. `given`: a context in which they are loaded already."""

    setting: TaskSetting
    given: RunContext | None = None
    _data: dict[str, KnownData] = field(default_factory=dict)
    _encoders: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    @property
    def context(self) -> RunContext:
        """Where datasets and encoders are loaded, made when it is first asked for."""
        if self.given is None:
            self.given = self.setting.context()
        return self.given

    def dataset(self, name: str) -> KnownData:
        """A dataset of this name."""
        if name not in self._data:
            self._data[name] = _data(self._remembered(("data", name), name, lambda: self._look(name)))
        return self._data[name]

    def encoder(self, asked: str, dataset: str) -> tuple[str, str]:
        """The name and the identity of the encoder that this name stands for on a dataset."""
        key = (asked, dataset)
        if key not in self._encoders:
            name, identity = self._remembered(("encoder", *key), dataset, lambda: self._look_at_encoder(*key))
            self._encoders[key] = (name, identity)
        return self._encoders[key]

    def _remembered(self, question: tuple[str, ...], dataset: str, look: Callable[[], Any]) -> Any:
        """The answer as JSON gives it back; looked for where nobody may remember it, or nobody does."""
        own = is_embedded(dataset) and (question[0] == "data" or _is_own(question[1]))
        state = code_state() if own and not self.setting.named else None
        if state is None:
            return look()
        path = self.setting.cache / FOLDER / f"{content_key(state=state, question=question)}.json"
        found = _read(path, question)
        if found is None:
            found = look()
            with paths.last_writer(path) as temporary:
                temporary.write_text(json.dumps(_kept(question, found)), encoding="utf-8")
        return found

    def _look(self, name: str) -> dict[str, Any]:
        from genbench.encoders.loading import fallback_note

        data = self.context.dataset(name)
        facts = data.facts
        return {
            "name": facts.name,
            "fingerprint": facts.fingerprint,
            "kind": str(facts.kind),
            "has": sorted(facts.has),
            "outliers": dict(facts.outliers),
            "near": sorted(facts.near),
            "pool": facts.pool,
            "family": facts.family,
            "notes": list(data.notes),
            "fallback": fallback_note(data) or "",
        }

    def _look_at_encoder(self, asked: str, dataset: str) -> list[str]:
        from genbench.encoders.loading import encoder_identity

        data = self.context.dataset(dataset)
        name = self.context.encoder_name(asked, data)
        key = ("encoder identity", name, data.fingerprint)
        return [name, self.context.once(key, lambda: encoder_identity(name, data))]


def _is_own(encoder: str) -> bool:
    """Whether it is genbench's own code that a name of an encoder stands for."""
    return encoder == "auto" or registry.encoders.get(encoder).site is None


def _kept(question: Sequence[str], answer: Any) -> dict[str, Any]:
    """What a file holds: an answer, what it answers, and the digest of both."""
    return {"question": list(question), "answer": answer, "digest": content_key(question=question, answer=answer)}


def _read(path: Path, question: tuple[str, ...]) -> Any:
    """The answer in a file; None where there is none, or where the file is not what was written, which is set aside."""
    if not path.exists():
        return None
    found = paths.json_in(path)
    answer = found.get("answer") if isinstance(found, dict) else None
    if answer is not None and found == _kept(question, answer):
        return answer
    paths.set_aside(path)
    return None


def _data(found: dict[str, Any]) -> KnownData:
    facts = DataFacts(
        name=found["name"],
        fingerprint=found["fingerprint"],
        kind=DataKind(found["kind"]),
        has=frozenset(found["has"]),
        outliers=found["outliers"],
        near=frozenset(found["near"]),
        pool=found["pool"],
        family=found["family"],
    )
    return KnownData(facts, tuple(found["notes"]), found["fallback"])
