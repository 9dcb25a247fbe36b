"""The timings of a run as pytest-benchmark's JSON, which `pytest-benchmark compare` reads. Torch-free."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Iterator
from typing import Any

from genbench.core.values import TIMER
from genbench.report.data import RunData


def benchmark_json(data: RunData) -> str | None:
    """Every timed value of the run with its statistics in seconds, a group a metric and dataset; None without any."""
    benchmarks = list(_benchmarks(data))
    if not benchmarks:
        return None
    run = data.last_run
    provenance = run.provenance if run else {}
    content = {
        "machine_info": _machine(provenance),
        "commit_info": {"id": provenance.get("versions", {}).get("genbench", ""), "dirty": False},
        "benchmarks": benchmarks,
        "datetime": run.started if run else "",
        "version": importlib.metadata.version("pytest-benchmark"),
    }
    return json.dumps(content, indent=2) + "\n"


def _machine(provenance: Any) -> dict[str, Any]:
    """In pytest-benchmark's words; what it does not know of beside them."""
    hardware = dict(provenance.get("hardware", {}))
    cpu = {"brand_raw": hardware.pop("processor", ""), "count": hardware.pop("cores", 0)}
    return {
        "node": "",
        "system": hardware.pop("system", platform.system()),
        "python_version": provenance.get("versions", {}).get("python", ""),
        "cpu": cpu,
        **hardware,
    }


def _benchmarks(data: RunData) -> Iterator[dict[str, Any]]:
    if "details" not in data.table:
        return
    is_timed = data.table["details"].map(lambda details: any(name.startswith(TIMER) for name in details or {}))
    for row in data.table[is_timed.astype(bool)].to_dict("records"):
        details = row["details"]
        stats = {name.removeprefix(TIMER): value for name, value in details.items() if name.startswith(TIMER)}
        metric = f"{row['metric']}:{row['target']}" if row["target"] else row["metric"]
        name = f"{metric}[{row['label']}-{row['dataset']}]"
        yield {
            "group": f"{metric} on {row['dataset']}",
            "name": name,
            "fullname": f"genbench::{name}",
            "params": {"model": row["label"], "dataset": row["dataset"], "seed": row["seed"]},
            "param": f"{row['label']}-{row['dataset']}",
            "extra_info": {n: v for n, v in details.items() if not n.startswith(TIMER)} | {"value": row["value"]},
            "options": {"timer": "perf_counter"},
            "stats": stats | {"iterations": 1},
        }
