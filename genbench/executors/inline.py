"""The inline executor: tasks one after the other in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch

from genbench.evaluations.bench import Bench
from genbench.executors.setting import Setting
from genbench.run.plan import Task
from genbench.run.task import Event, run_task


def run_inline(tasks: Iterable[Task], setting: Setting) -> Iterator[Event]:
    """Every event of every task, in order. No time limits: a process cannot stop itself."""
    bench = make_bench(setting)
    with pinned(setting):
        for task in tasks:
            yield from run_task(task, bench, setting.folder)


def make_bench(setting: Setting) -> Bench:
    """The workbench that this setting describes."""
    return Bench(root=setting.data_root, cache=setting.cache, device=torch.device(setting.device))


@contextmanager
def pinned(setting: Setting) -> Iterator[None]:
    """Torch with the suite's thread count (a sum's last digits depend on it) and without TF32; restored afterwards."""
    threads = torch.get_num_threads()
    if setting.device == "cpu":
        torch.set_num_threads(setting.threads)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.set_num_threads(threads)
