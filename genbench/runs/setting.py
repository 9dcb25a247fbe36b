"""What a process needs to do tasks, as it can be sent to another one. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.store.place import Place

if TYPE_CHECKING:
    from genbench.evaluations.context import RunContext


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSetting:
    """Where a run is and what its tasks are done with."""

    place: Place
    cache: Path
    device: str = "cpu"
    threads: int = 1
    data_root: str | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    share: float = 1.0

    def context(self) -> RunContext:
        """An empty context."""
        from genbench.evaluations.context import RunContext

        return RunContext(
            root=self.data_root,
            cache=self.cache,
            device=self.device,
            threads=self.threads,
            named=self.named,
            share=self.share,
        )
