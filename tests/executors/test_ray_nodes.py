"""A node of a cluster that goes in the middle of a run takes no job with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_every_executor import config, ended, of

from genbench.core.errors import UsageError
from genbench.core.jobs import JobEnded
from genbench.core.values import Status


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own, of a cluster in one process
def test_a_node_that_is_killed_takes_no_job_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray", reason="pip install genbench[ray]")
    from ray.cluster_utils import Cluster

    from genbench.executors.ray import run_ray

    here = str(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.environ.get("PYTHONPATH", ""), here]))
    monkeypatch.syspath_prepend(here)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    doomed, _ = (cluster.add_node(num_cpus=1) for _ in range(2))
    found = []
    try:
        work = of(*(f"slow-{i}" for i in range(16)))
        for events in run_ray(work, config(tmp_path), address=cluster.address):
            found += events
            if sum(isinstance(one, JobEnded) for one in found) >= 5 and doomed is not None:
                cluster.remove_node(doomed, allow_graceful=False)
                doomed = None
        assert not ray.is_initialized()  # nobody has asked it anything after its end
    finally:
        ray.shutdown()
        cluster.shutdown()
    records = ended(found)
    assert len(records) == 16 and doomed is None
    assert {record.status for record in records.values()} == {Status.UNSUPPORTED}, [r.reason for r in records.values()]


def test_a_cluster_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="pip install genbench[ray]")
    from genbench.executors.ray import run_ray

    with pytest.raises(UsageError, match="cannot be reached"):
        list(run_ray(of("a"), config(tmp_path), address="nowhere"))
