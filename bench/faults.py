"""A campaign of faults: kills at random moments, deaths of workers, a full disk, a database and a machine that go away,
a loss of power. Counts are printed; exit 1 where a measurement was lost, doubled or changed.

    python bench/faults.py
    python bench/faults.py --only kills power
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from genbench.core.errors import GenbenchError
from genbench.core.jobs import BudgetConfig, Fit, Job, tasks
from genbench.core.records import Row
from genbench.executors.accounting import each_once
from genbench.executors.config import WorkerConfig
from genbench.executors.local import run_local
from genbench.protocols.evaluation import EvaluationConfig
from genbench.runs.folder import RunFolder
from genbench.runs.keeping import keep
from genbench.runs.upkeep import condition
from genbench.store import Store

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = [ROOT / "tests" / "run" / name for name in ("hostile_models.py", "bad_models.py")]
SUITE = """
schema = 1
name = "faults"
models = {models}
datasets = {datasets}
seeds = {seeds}
[budget]
images = {images}
[[evaluations]]
name = "sample-quality"
encoder = "{encoder}"
samples = 200
metrics = ["frechet", "kid", "sliced-wasserstein"]
[[evaluations]]
name = "reconstruction"
samples = 200
"""
MODELS = ["gaussian", "vae", "kde", "ae+gmm10", "control-train-copy"]
DEATHS = {
    "raises": "raise",
    "hangs": "hang",
    "crashes": "segfault",
    "vanishes": "os._exit",
    "swells": "memory",
    "aborts": "abort",
    "closes": "closed pipe",
}
"""Models that take their worker with them, and how."""
ACTS = {"raise": "raise", "hang": "hang", "segfault": "segfault", "exit": "os._exit", "memory": "memory"}
"""What jobs of a worker without models do, by the beginning of their names."""
COMPARED = ["label", "dataset", "seed", "evaluation", "metric", "target", "value", "ci_low", "ci_high", "status"]
ROW = ["job", "metric", "target", "score"]


@dataclass
class Found:
    """What a part has found: a line of the table. `faults`: times that something happened."""

    name: str
    faults: int = 0
    lost: int = 0
    doubled: int = 0
    others: list[str] = field(default_factory=list)
    """Further tables, each with `equal` or what is wrong with it."""
    seconds: float = 0.0

    @property
    def wrong(self) -> int:
        """How much went wrong."""
        return self.lost + self.doubled + sum("equal" not in one for one in self.others)

    def compare(self, table: pd.DataFrame, whole: pd.DataFrame, what: str = "final table") -> None:
        """A table that should be the whole one."""
        self.doubled += doubled(table)
        self.others.append(f"{what} {'equal' if same(table, whole) else 'ANOTHER'}")


@dataclass(frozen=True)
class Campaign:
    """Where all of it happens, and the table of a run that nothing has disturbed."""

    folder: Path
    asked: argparse.Namespace
    whole: pd.DataFrame

    def run(self, out: str, executor: str = "inline", *more: str, **how: Any) -> Process:
        """The suite of the campaign, in a process of its own."""
        return start(self.folder, "kill.toml", out, executor, *more, **how)

    def table(self, out: str) -> pd.DataFrame:
        """What is in a folder's store; none where there is none yet."""
        return table(self.folder / out / "genbench.db")


def main() -> int:
    """Every part of the campaign; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, nargs=3, default=[20, 20, 12], help="of inline, local and ray")
    parser.add_argument("--deaths", type=int, default=20, help="of each kind of worker's death")
    parser.add_argument("--models", type=int, default=3, help="seeds of each model that takes its worker with it")
    parser.add_argument("--restarts", type=int, default=10, help="of PostgreSQL")
    parser.add_argument("--nodes", type=int, default=3, help="of a Ray cluster that are killed")
    parser.add_argument("--powers", type=int, default=300, help="losses of power, of each executor")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), default=list(PARTS))
    asked = parser.parse_args()
    found: list[Found] = []
    preload()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        suite(folder / "kill.toml", MODELS, ["digits", "ring8"], seeds=2, encoder="identity")
        if start(folder, "kill.toml", "whole", "inline").wait() != 0:
            raise SystemExit("the run that nothing disturbs has failed")
        campaign = Campaign(folder, asked, table(folder / "whole" / "genbench.db"))
        for part in asked.only:
            began = time.monotonic()
            for one in PARTS[part](campaign):
                one.seconds, began = time.monotonic() - began, time.monotonic()
                found.append(one)
                print(line(one), flush=True)
    print(f"\n{HEADING}", *map(line, found), sep="\n")
    wrong = sum(one.wrong for one in found)
    total = sum(one.faults for one in found)
    print(f"\n{total} faults, {sum(o.lost for o in found)} measurements lost, {sum(o.doubled for o in found)} doubled, "
          f"{wrong} mistakes of genbench")  # fmt: skip
    return 1 if wrong else 0


HEADING = "| what | times | lost | doubled | tables | seconds |\n|---|---:|---:|---:|---|---:|"


def line(one: Found) -> str:
    """A row of the table."""
    said = "; ".join(f"{what} × {n}" if n > 1 else what for what, n in Counter(one.others).items())
    return f"| {one.name} | {one.faults} | {one.lost} | {one.doubled} | {said} | {one.seconds:.0f} |"


# --- kills


def kills(campaign: Campaign) -> Iterator[Found]:
    """`kill -9` at random moments, the same command again each time, until it ends undisturbed."""
    for executor, times in zip(("inline", "local", "ray"), campaign.asked.kills, strict=True):
        if not times:
            continue
        found, chance = Found(f"`kill -9`, {executor}"), random.Random(0)
        more = () if executor == "inline" else ("--workers", "1")
        campaign.run(f"span-{executor}", executor, *more).wait()
        found.compare(campaign.table(f"span-{executor}"), campaign.whole, "undisturbed")
        for i in range(times):  # each `i` one folder, from its beginning to its end
            out, ended = f"killed-{executor}-{i}", False
            kept: set[tuple[object, ...]] = set()
            while not ended:
                process = campaign.run(out, executor, *more)
                if found.faults < times:
                    wait_for_job(process, campaign.folder / out, chance.randrange(AHEAD), chance.random())
                    found.faults += kill(process)
                ended = process.wait() >= 0
                if process.returncode > 0:
                    found.others.append(f"exit {process.returncode}")
                kept = kept_on(found, kept, campaign.table(out))
            found.compare(campaign.table(out), campaign.whole)
            if found.faults >= times:
                break
        yield found


AHEAD = 30
"""Jobs, of 40, by which a run may go on until it is killed; it ends before that now and then."""


def wait_for_job(process: Process, out: Path, ahead: int, more: float) -> None:
    """Until so many jobs more have ended, and a part of a second; or until the run has."""
    log = out / "log.jsonl"
    wanted = ended_in(log) + ahead
    while process.poll() is None and ended_in(log) < wanted:
        time.sleep(0.01)
    with suppress(subprocess.TimeoutExpired):
        process.wait(more)


def ended_in(log: Path) -> int:
    """Jobs whose end is in a run's log."""
    return log.read_bytes().count(b'"job ended"') if log.exists() else 0


def kill(process: Process) -> bool:
    """`kill -9`; whether there was something to kill."""
    if process.poll() is not None:
        return False
    process.send_signal(signal.SIGKILL)
    process.wait()
    return True


def kept_on(found: Found, kept: set[tuple[object, ...]], now: pd.DataFrame) -> set[tuple[object, ...]]:
    """What was there must be there; what is there now."""
    there = set(now[ROW].itertuples(index=False, name=None)) if len(now) else set()
    found.lost += len(kept - there)
    return there


# --- workers that die


def deaths(campaign: Campaign) -> Iterator[Found]:
    """Jobs that take their worker with them, beside quiet ones, on workers that load no torch: each has one record."""
    times, toys = campaign.asked.deaths, str(ROOT / "tests" / "executors")
    os.environ["PYTHONPATH"] = os.pathsep.join([os.environ.get("PYTHONPATH", ""), toys])
    limits = {"time_limit": 3.0, "memory_limit": 300 * 2**20, "workers": 4}
    config = WorkerConfig(runner="executor_toys:Named", setting=str(campaign.folder), **limits)
    folder = RunFolder.to_make(campaign.folder / "deaths")
    for act, kind in ACTS.items():
        found = Found(f"worker's death, {kind}", faults=times)
        jobs = [job(f"{name}-{i}") for i in range(times) for name in (act, "quiet")]
        with Store(campaign.folder / f"deaths-{act}.db") as store:
            for events in each_once(run_local(tasks(jobs), config), jobs):
                keep(folder, store, events, "run")
            ends, kept = store.ends(one.key for one in jobs), store.table()
        found.lost, found.doubled = len(jobs) - kept["job"].nunique(), doubled(kept)
        found.others.append(f"equal: {counted(ends[f'{act}-{i}']['status'] for i in range(times))}")
        beside = Counter(ends[f"quiet-{i}"]["status"] for i in range(times))
        if set(beside) != {"unsupported"}:  # how a job without a model ends well
            found.others.append(f"OTHERS DIED: {dict(beside)}")
        yield found


def job(key: str) -> Job:
    """A job without a model."""
    fit = Fit(key=f"f{key}", stack_key="s", model="m", options={}, dataset="d", seed=0, budget=BudgetConfig(images=1))
    row = Row(label="m", model="m", family="f", sampler="", dataset="d", seed=0)
    config = EvaluationConfig(name="x")
    return Job(key=key, fit=fit, row=row, config=config, evaluation="x", metrics=("mse", "psnr"))


def counted(words: Iterable[str]) -> str:
    """How often each."""
    return ", ".join(f"{n} {word}" for word, n in Counter(words).items())


def models(campaign: Campaign) -> Iterator[Found]:
    """Models that take their worker with them: each planned job has one record, and the others their numbers."""
    times = campaign.asked.models
    for name, rows in (("quiet", ["quiet"]), ("models", ["quiet", *DEATHS])):
        suite(campaign.folder / f"{name}.toml", rows, ["digits"], seeds=times, encoder="pixels", images=640)
        limits = ["--time-limit", "30", "--memory-limit", "2", "--workers", "2"]
        plugins = [word for plugin in PLUGINS for word in ("--plugin", str(plugin))]
        start(campaign.folder, f"{name}.toml", name, "local", *plugins, *limits).wait()
    table, quiet = campaign.table("models"), campaign.table("quiet")
    found = Found(f"models: {', '.join(DEATHS.values())}", faults=times * len(DEATHS))
    mine = table[table.label != "quiet"]
    found.lost, found.doubled = 2 * found.faults - mine["job"].nunique(), doubled(mine)
    ended = mine[mine.evaluation == "sample-quality"].drop_duplicates("job")
    found.others.append(f"equal: {counted(ended.status)}")
    found.compare(table[table.label == "quiet"], quiet, "the model beside them")
    yield found


# --- a full disk


def full(campaign: Campaign) -> Iterator[Found]:
    """The disk is full at some moment of a run; then there is room, and the same command goes on."""
    found = Found("disk full (tmpfs)")
    place = campaign.folder / "full"
    place.mkdir()
    for size in (40, 100, 200, 300, 400, 500, 700, 1_000):
        out, kept = f"full/{size}", set[tuple[object, ...]]()
        with tmpfs(place, size) as grow:
            if grow is None:
                found.name, most = "files that may not grow (no tmpfs may be mounted)", size * 500
            else:
                most = 0
            (place / "kill.toml").write_bytes((campaign.folder / "kill.toml").read_bytes())
            process = campaign.run(out, "inline", most=most, cache=place / f"cache-{size}")
            process.wait()
            said = (campaign.folder / f"full-{size}.txt").read_bytes()
            found.faults += process.returncode != 0
            if b"Traceback" in said or process.returncode not in (0, 1, 2):
                found.others.append(f"{size} kB: exit {process.returncode} {said[-300:]!r}")
            kept = kept_on(found, kept, campaign.table(out))
            if grow is not None:
                grow()
            again = campaign.run(out, "inline", cache=place / f"cache-{size}").wait()
            kept_on(found, kept, campaign.table(out))
            found.compare(campaign.table(out), campaign.whole, f"exit {process.returncode}, then {again}: final table")
    yield found


@contextmanager
def tmpfs(place: Path, size: int) -> Iterator[Callable[[], None] | None]:
    """A file system of so many kB; what makes it larger. None where this process may not mount one."""
    options = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(place)]
    if subprocess.run(options, check=False, capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=200m", str(place)], check=True) and None
    finally:
        subprocess.run(["umount", str(place)], check=True)


# --- a database that goes away


def postgresql(campaign: Campaign) -> Iterator[Found]:
    """The server is stopped at once and started again, again and again, while a run writes to it."""
    found, moments = Found("PostgreSQL restarted"), random.Random(1)
    servers = module(ROOT / "tests" / "store" / "conftest.py")
    programs = servers.programs()
    if programs is None:
        print("PostgreSQL is not installed: apt-get install postgresql")
        return
    place = Path(tempfile.mkdtemp(prefix="genbench-pg"))  # another user must be able to reach it
    try:
        server = servers.Server(programs, place)
        try:
            while found.faults < campaign.asked.restarts:
                url, out = server.database(), f"server-{found.faults}"
                process = campaign.run(out, "local", "--store", url)
                while process.poll() is None and not stored(url):
                    time.sleep(0.1)
                kept: set[tuple[object, ...]] = set()
                while process.poll() is None and found.faults < campaign.asked.restarts:
                    time.sleep(moments.uniform(0.0, 1.0))
                    server.stop()
                    time.sleep(moments.uniform(0.0, 1.0))
                    server.start()
                    found.faults += process.poll() is None
                    kept = kept_on(found, kept, table(url))
                process.wait()
                kept_on(found, kept, table(url))
                found.compare(table(url), campaign.whole, f"exit {process.returncode}: final table")
        finally:
            server.stop()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    yield found


# --- a machine that goes away


def nodes(campaign: Campaign) -> Iterator[Found]:
    """One of the two nodes of a Ray cluster is killed in the middle of a run."""
    try:
        import ray
        from ray.cluster_utils import Cluster
    except ImportError:
        print("Ray is not installed: pip install genbench[ray]")
        return
    warnings.simplefilter("ignore")
    found = Found("Ray node killed (of two)")
    cluster = patiently(lambda: Cluster(initialize_head=True, head_node_args={"num_cpus": 0}))
    try:
        there = [patiently(lambda: cluster.add_node(num_cpus=1)) for _ in range(2)]
        while found.faults < campaign.asked.nodes:
            out = f"nodes-{found.faults}"
            process = campaign.run(out, "ray", "--ray-address", cluster.address, fresh=True)
            while process.poll() is None and len(campaign.table(out)) < 20 * (1 + found.faults % 3):
                time.sleep(0.1)
            kept = kept_on(found, set(), campaign.table(out))
            if process.poll() is None:
                cluster.remove_node(there.pop(0), allow_graceful=False)
                found.faults += 1
                there.append(patiently(lambda: cluster.add_node(num_cpus=1)))
            process.wait()
            kept_on(found, kept, campaign.table(out))
            found.compare(campaign.table(out), campaign.whole, f"exit {process.returncode}: final table")
    finally:
        ray.shutdown()
        cluster.shutdown()
    yield found


def patiently(make: Callable[[], Any], tries: int = 3) -> Any:
    """What is made; Ray gives a node 30 seconds to start, which a busy machine may not keep."""
    try:
        return make()
    except Exception:
        if tries == 1:
            raise
    return patiently(make, tries - 1)


# --- a loss of power


def losses(campaign: Campaign) -> Iterator[Found]:
    """At random moments of a run the files are made anew as a disk could have kept them, and looked at; of some the run
    goes on to its end."""
    power = module(ROOT / "bench" / "power.py")
    library = power.compiled(campaign.folder)
    if library is None:
        print("there is no C compiler: no loss of power is played")
        return
    for executor in ("inline", "local"):
        found, chance = Found(f"power lost, {executor}"), random.Random(2)
        place, journal = campaign.folder / f"power-{executor}", campaign.folder / f"journal-{executor}"
        place.mkdir()
        (place / "kill.toml").write_bytes((campaign.folder / "kill.toml").read_bytes())
        noted = {"LD_PRELOAD": str(library), "POWER_ROOT": str(place), "POWER_JOURNAL": str(journal)}
        start(place, "kill.toml", "out", executor, cache=place / "cache", fresh=True, **noted).wait()
        found.compare(table(place / "out" / "genbench.db"), campaign.whole, "undisturbed")
        steps = power.read(journal)
        ended = list(power.acknowledged(steps))
        moments = sorted(chance.sample(range(len(steps)), min(campaign.asked.powers, len(steps))))
        resumed = set(chance.sample(moments, min(6, len(moments))))
        disk, done = power.Disk(place), 0
        for moment in moments:
            for step in steps[done:moment]:
                disk.do(step)
            done = moment
            after = campaign.folder / "after"
            disk.lose_power(after, chance)
            found.faults += 1
            seen(found, after / "out", {key for at, key in ended if at < moment}, campaign.whole)
            if moment in resumed:
                (after / "kill.toml").write_bytes((campaign.folder / "kill.toml").read_bytes())
                again = start(after, "kill.toml", "out", executor, cache=after / "cache").wait()
                final = table(after / "out" / "genbench.db")
                found.compare(final, campaign.whole, f"the same command, exit {again}: final table")
            shutil.rmtree(after)
        yield found


def seen(found: Found, out: Path, acknowledged: set[str], whole: pd.DataFrame) -> None:
    """All that a run had said was done is there once, with its files, and has its numbers."""
    if not (out / "genbench.db").exists() and not acknowledged:
        return
    try:
        now = table(out / "genbench.db")
        faults = condition(RunFolder.find(str(out))).faults if len(now) else ()
    except GenbenchError as error:
        now, faults = pd.DataFrame(columns=whole.columns), (str(error),)
        if not acknowledged:
            return  # it was cut off before it had made its store
    found.lost += len(acknowledged - set(now["job"])) if len(now) else len(acknowledged)
    found.doubled += doubled(now)
    numbers = now.merge(whole, on=ROW, suffixes=("", "_")) if len(now) else now
    if len(numbers) != len(now) or (len(now) and not numbers["value"].equals(numbers["value_"])):
        found.others.append("OTHER NUMBERS")
    found.others += faults


# --- several at once


def together(campaign: Campaign) -> Iterator[Found]:
    """Runs of overlapping plans into one store at once: each job is done by one of them."""
    found = Found("three runs into one store at once")
    url = str(campaign.folder / "common.db")
    parts = [MODELS[:3], MODELS[2:], [*MODELS[3:], *MODELS[:2]]]
    processes = [
        campaign.run(f"common-{i}", "inline", "--store", url, "--models", ",".join(rows))
        for i, rows in enumerate(parts)
    ]
    for process in processes:
        process.wait()
    logs = [(campaign.folder / f"common-{i}" / "log.jsonl").read_text().splitlines() for i in range(len(parts))]
    done = [sum(json.loads(line)["event"] == "job ended" for line in log) for log in logs]
    found.faults = len(parts)
    jobs = campaign.whole["job"].nunique()
    found.others.append(f"{' + '.join(map(str, done))} of {jobs} jobs done: {'equal' if sum(done) == jobs else 'NOT'}")
    found.compare(table(url), campaign.whole)
    yield found


PARTS: dict[str, Callable[[Campaign], Iterator[Found]]] = {
    "kills": kills,
    "deaths": deaths,
    "models": models,
    "full": full,
    "postgresql": postgresql,
    "nodes": nodes,
    "power": losses,
    "together": together,
}


# --- what all parts use


def module(path: Path) -> Any:
    """A Python file that lies elsewhere."""
    spec = importlib.util.spec_from_file_location(f"faults_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    found = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def suite(
    path: Path, models: Sequence[str], datasets: Sequence[str], *, seeds: int, encoder: str, images: int = 1_280
) -> None:
    """Write the suite of a part."""
    given = {"models": json.dumps(list(models)), "datasets": json.dumps(list(datasets))}
    path.write_text(SUITE.format(**given, seeds=seeds, encoder=encoder, images=images))


def start(
    folder: Path,
    name: str,
    out: str,
    executor: str,
    *more: str,
    most: int = 0,
    cache: Path | None = None,
    fresh: bool = False,
    **surrounding: str,
) -> Process:
    """A run in a process of its own, what it prints in the file `OUT.txt`. `most`: bytes that a file of it may have.
    `fresh`: started as a command is; else forked from this process, which has imported what takes long."""
    given = ["run", name, "--device", "cpu", "--executor", executor, "--out", out, *more]
    own = {"PYTHONPATH": str(ROOT), "GENBENCH_CACHE": str(cache or folder / "cache"), "OMP_NUM_THREADS": "1"}
    environment, said = own | surrounding, folder / f"{out.replace('/', '-')}.txt"
    if not fresh and hasattr(os, "fork"):
        return Forked(given, folder, environment, said, most)
    with said.open("wb") as file:
        command = [sys.executable, "-m", "genbench", *given]
        return subprocess.Popen(command, cwd=folder, env=os.environ | environment, stdout=file, stderr=file)


class Forked:
    """A command in a process forked from this one; of `subprocess.Popen` it has what is used here."""

    def __init__(self, given: list[str], folder: Path, environment: dict[str, str], said: Path, most: int) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            code: object = 3
            try:
                self._become(given, folder, environment, said, most)
            except SystemExit as ended:
                code = ended.code or 0
            finally:
                os._exit(code if isinstance(code, int) else 3)

    @staticmethod
    def _become(given: list[str], folder: Path, environment: dict[str, str], said: Path, most: int) -> None:
        import resource

        os.setsid()
        os.chdir(folder)
        os.environ.update(environment)
        file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.argv = ["genbench", *given]
        if most:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        importlib.import_module("genbench.cli.main").main()

    def poll(self) -> int | None:
        """The exit status, None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status; raises `TimeoutExpired`."""
        until = time.monotonic() + (timeout if timeout is not None else 3_600)
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("genbench", timeout or 0)
            time.sleep(0.02)
        return code

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


Process = Forked | subprocess.Popen[bytes]
PRELOADED = (
    "torch torchvision torchmetrics scipy.stats sklearn.datasets sklearn.mixture genbench.runs.task genbench.api"
).split()


def preload() -> None:
    """Import what takes long, in one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in PRELOADED:
        importlib.import_module(name)


def table(store: Path | str) -> pd.DataFrame:
    """The measurements of a store; none where there is none yet."""
    if isinstance(store, Path) and not store.exists():
        return pd.DataFrame()
    with suppress(GenbenchError), Store(store, existing=True) as opened:
        return opened.table()
    return pd.DataFrame()


def stored(url: str) -> bool:
    """Whether there is a measurement in a server's store."""
    with suppress(GenbenchError), Store(url, existing=True) as opened:
        return bool(opened.settled())
    return False


def doubled(table: pd.DataFrame) -> int:
    """Rows that are there twice."""
    return int(table.duplicated(ROW).sum()) if len(table) else 0


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two tables hold the same numbers, to the last digit."""
    if one.empty or other.empty:
        return False
    tables = [t[COMPARED].sort_values(COMPARED[:6]).reset_index(drop=True) for t in (one, other)]
    return bool(tables[0].equals(tables[1]))


if __name__ == "__main__":
    sys.exit(main())
