"""The outcome of the trials as a Markdown page, and what each metric fails in a few words."""

from __future__ import annotations

from collections.abc import Sequence

from genbench.conformance.trials import DIMENSIONS, ROLES, TRIALS, Outcome, Trial

HEAD = """# Metrics on trial

Made by `genbench check metrics --trials`, the same at each call. Each metric is given samples in which one thing was
changed on purpose, n = m = 1,000 draws of normal laws in 1, 8 and 64 dimensions, and the mean over 5 draws is compared
with that of the unchanged case. *Moved* means by more than 3 standard deviations of the unchanged values, and by more
than a twentieth of them (of 1 for shares). After Räisä, van Breugel & van der Schaar, *All current generative fidelity
and diversity metrics are flawed* (ICML 2025, arXiv 2505.22450); laws, sizes and the rule are ours.

A **fidelity** metric should fall where samples are no likely data and stay where only variety is lost; a **diversity**
metric the other way round. **Variety** (no look at the real data) should fall where there are fewer kinds of samples
and must not care where they lie; a **distance** should grow at every change of the law. None should care how many
samples there are, how many dimensions, or for a few outliers in the reference. Read a number only for what its metric
is shown to see.
"""

MARKS = {True: "✓", False: "✗", None: "–"}


def page(outcomes: Sequence[Outcome]) -> str:
    """The whole page: a table of what passed, then the numbers of each trial."""
    parts = [HEAD, _matrix(outcomes), *(_numbers(trial, outcomes) for trial in TRIALS)]
    return "\n".join(parts)


def _matrix(outcomes: Sequence[Outcome]) -> str:
    known = {(o.metric, o.trial, o.d): MARKS[o.passed] for o in outcomes}
    lines = [
        "## What passes\n",
        f"{_all_passed(outcomes)} For d = {', '.join(map(str, DIMENSIONS))}: ✓ did what it should, ✗ did not, – has no "
        "value, · nothing expected.\n",
        f"| metric | for | {' | '.join(trial.name for trial in TRIALS)} |",
        "|---|---|" + "---|" * len(TRIALS),
    ]
    for metric, role in ROLES.items():
        cells = [" ".join(known.get((metric, trial.name, d), "·") for d in DIMENSIONS) for trial in TRIALS]
        lines.append(f"| `{metric}` | {role} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _all_passed(outcomes: Sequence[Outcome]) -> str:
    """Which metrics did all that they should."""
    passed = [f"`{metric}`" for metric in ROLES if not failures(metric, outcomes)]
    return f"Without a failure: {', '.join(passed) or 'none'}, of {len(ROLES)}."


def _numbers(trial: Trial, outcomes: Sequence[Outcome]) -> str:
    lines = [
        f"## {trial.name.capitalize()}\n",
        f"{trial.change[0].upper()}{trial.change[1:]}.\n",
        f"| metric | should be | {' | '.join(f'd = {d}' for d in DIMENSIONS)} |",
        "|---|---|" + "---|" * len(DIMENSIONS),
    ]
    for metric in ROLES:
        found = {o.d: o for o in outcomes if (o.metric, o.trial) == (metric, trial.name)}
        if found:
            expected = next(iter(found.values())).expected
            lines.append(f"| `{metric}` | {expected} | {' | '.join(_cell(found.get(d)) for d in DIMENSIONS)} |")
    return "\n".join(lines) + "\n"


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return "·"
    if outcome.before is None or outcome.after is None:
        return f"– ({outcome.reason.partition(':')[0]})"
    return f"{outcome.before:.3g} → {outcome.after:.3g}" + ("" if outcome.passed else " **fails**")


def failures(metric: str, outcomes: Sequence[Outcome]) -> str:
    """The trials that a metric fails, with the dimensions where these are not all: `duplicates (d = 1, 8)`."""
    words = []
    for trial in TRIALS:
        tried = [o for o in outcomes if (o.metric, o.trial) == (metric, trial.name) and o.passed is not None]
        failed = [str(o.d) for o in tried if not o.passed]
        if failed:
            words.append(trial.name + ("" if len(failed) == len(tried) else f" (d = {', '.join(failed)})"))
    return "; ".join(words)
