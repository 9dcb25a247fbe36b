"""A disk that is full, a database that goes away, a machine that goes away."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mishaps.campaign import Campaign
from mishaps.found import Found, kept_on
from mishaps.processes import ROOT, module
from mishaps.tables import stored, table


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
