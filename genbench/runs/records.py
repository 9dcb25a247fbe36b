"""What is written down of a run: its plan and the call, with all that its numbers stand on."""

from __future__ import annotations

import datetime
import secrets
from typing import Any

from genbench.core.records import PlanRecord, RunRecord
from genbench.runs import provenance
from genbench.runs.preparation import encoders_of, train_encoders
from genbench.runs.session import Session
from genbench.store.place import redacted


def plan_record(session: Session) -> PlanRecord:
    """The plan as the store keeps it, with what a report needs beside the numbers."""
    plan = session.plan
    facts = {
        name: {"kind": str(f.kind), "near": sorted(f.near), "family": f.family} for name, f in plan.datasets.items()
    }
    content = {"headlines": plan.headlines, "notes": list(plan.notes), "datasets": facts, "named": session.suite.named}
    return PlanRecord(id=plan.id, suite=session.suite.name, jobs=plan.keys, content=content)


def run_record(session: Session, command: str) -> RunRecord:
    """A call, under a name of its own."""
    suite, context, device = session.suite, session.context, session.setting.device
    datasets = {name: context.dataset(name) for name in suite.all_datasets()}
    details: dict[str, Any] = {
        "suite": suite.model_dump(mode="json", by_alias=True),
        "seeds": sorted({job.row.seed for job in session.plan.jobs}),
        "threads": suite.threads,
        "device": device,
        "machine": provenance.machine(device),
        "versions": provenance.versions(),
        "hardware": provenance.hardware(device),
        "datasets": {name: provenance.dataset_entry(data) for name, data in datasets.items()},
        "encoders": _encoders(session),
        "plugins": provenance.plugins(),
    }
    now = datetime.datetime.now(datetime.UTC)
    return RunRecord(
        id=f"{now:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(3)}",
        suite=suite.name,
        started=now.isoformat(timespec="seconds"),
        command=redacted(command),
        plan=session.plan.id,
        provenance=details,
    )


def _encoders(session: Session) -> dict[str, Any]:
    """The encoders that numbers stand on; one that cannot be had is written down with the reason, as its rows say."""
    train_encoders(session)
    asked = encoders_of(session.plan.jobs)
    return dict(provenance.encoder_entry(session.context, dataset, name) for dataset, name in asked)
