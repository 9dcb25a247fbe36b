"""The verdict of a page: for each dataset, sentences made of its numbers, each a link to what it was made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from genbench.report import formatting, glossary, wording
from genbench.report.costs import axes
from genbench.report.families import Family
from genbench.report.language import Language
from genbench.report.names import isolated, listed, named
from genbench.report.ranking import is_undecided, known_answer, mean_loss
from genbench.report.scatter import amount, cost_plot
from genbench.report.types import Cell, Column, Flag, Leaderboard, LeaderboardRow
from genbench.report.view import DatasetView, View
from genbench.stats.intervals import LEAST

FEW = 5
"""With fewer seeds than this a verdict says so."""

UNBROKEN = "\N{NO-BREAK SPACE}"

TIED = 3
"""So many leaders are named."""

MOST_SETS = 4
"""So many sets of a family have a verdict each that is open; of more it is the mean over them."""

Ranked = tuple[LeaderboardRow, Cell]


@dataclass(frozen=True, slots=True)
class Sentence:
    """`lead`: what it is about; `anchor`: where its numbers are; `tone`: `""`, `caution` or `bad`; `metric`: what its
    numbers are, with the arrow that says which way is better, where no unit says it."""

    lead: str
    text: Markup
    anchor: str
    tone: str = ""
    metric: str = ""


def verdict(view: View, dataset: DatasetView) -> list[Sentence]:
    """Who leads at what, how sure that is, at what cost, and what to be careful of."""
    columns = _headlines(dataset.overview)
    first = next((column for column in columns if ranked_rows(dataset.overview, column)), None)
    found: list[Sentence] = []
    for column in columns:
        found += filter(None, [_of_column(dataset, column, view.words)])
        found += _cost_of_leader(dataset, column, view.words) if column is first else ()
    return [*found, *_why_nothing(dataset, view.words), *_cheapest(dataset, view.words), *_cautions(view, dataset)]


Verdict = tuple[DatasetView, Sequence[Sentence]]


@dataclass(frozen=True, slots=True)
class FamilyVerdict:
    """What is said of the means over the sets of a family, and the verdicts of these sets where they are many."""

    name: str
    sets: int
    sentences: Sequence[Sentence]
    members: Sequence[Verdict] = ()


def verdicts(view: View) -> tuple[list[FamilyVerdict], list[Verdict]]:
    """Of each family that has a mean, then of each dataset that is in none of these, or in one of few sets."""
    alone: dict[str, Verdict] = {dataset.name: (dataset, verdict(view, dataset)) for dataset in view.datasets}
    found = []
    for name in dict.fromkeys(family.name for family in view.families):
        own = [family for family in view.families if family.name == name and family.leaders]
        sets = list(dict.fromkeys(dataset for family in own for dataset in family.datasets))
        members = [alone.pop(dataset) for dataset in sets if dataset in alone] if len(sets) > MOST_SETS else []
        if own:
            told = [_of_family(family, len(sets), view.words) for family in own]
            found.append(FamilyVerdict(name, len(sets), [*told, *_cautions_of(members, view.words)], members))
    return found, list(alone.values())


def _of_family(family: Family, sets: int, words: Language) -> Sentence:
    """The first rows by the mean over its sets, whose number is said where it is not that of the heading."""
    best = [
        Markup("<b>{}</b>, {}").format(isolated(row.name), isolated(words.number(family.mean(row))))
        for row in family.leaders[:TIED]
    ]
    text = Markup("{}{}").format(words("best means: "), Markup("; ").join(best))
    if len(family.datasets) != sets:
        text += Markup(" ({})").format(words("{n} sets", n=len(family.datasets)))
    metric = f"{words(family.column.title)}\N{NO-BREAK SPACE}{family.column.sense.arrow}"
    return Sentence(words(glossary.evaluation(family.evaluation).verdict), text, "over-datasets", metric=metric)


def _cautions_of(members: Sequence[Verdict], words: Language) -> Iterator[Sentence]:
    """What the folded verdicts say in another tone: once, with the number of sets that say it."""
    toned = [sentence for _, sentences in members for sentence in sentences if sentence.tone]
    for lead in dict.fromkeys(sentence.lead for sentence in toned):
        own = [sentence for sentence in toned if sentence.lead == lead]
        said = list(dict.fromkeys(sentence.text for sentence in own))
        n, k = len(own), len(members)
        one = Markup("{} ({})").format(said[0], words("in {n} of {k} sets", n=n, k=k))
        text = one if len(said) == 1 else Markup(words("said of {n} of {k} sets, below", n=n, k=k))
        yield Sentence(lead, text, own[0].anchor, own[0].tone)


def _headlines(board: Leaderboard) -> list[Column]:
    """The first column of each evaluation."""
    return list({c.evaluation: c for c in reversed(board.columns)}.values())[::-1]


def _of_column(dataset: DatasetView, column: Column, words: Language) -> Sentence | None:
    record = glossary.evaluation(column.evaluation)
    lead, anchor = words(record.verdict), dataset.anchor_of(column.evaluation)
    if record.copying is not None:
        copies = [named(row, words) for row in dataset.overview.rows if Flag.MEMORISES in row.flags]
        text = listed(copies, words("and")) if copies else Markup(words("no model is flagged"))
        return Sentence(lead, text, anchor, "bad" if copies else "")
    ordered = ranked_rows(dataset.overview, column)
    if not ordered:
        return None
    told = leaders(ordered, column, words, once=record.once_a_row)
    text = Markup("{}{}").format(told, _ceiling(dataset.overview, column, words))
    metric = "" if column.unit else f"{words(column.title)}\N{NO-BREAK SPACE}{column.sense.arrow}"
    return Sentence(lead, text, anchor, metric=metric)


def ranked_rows(board: Leaderboard, column: Column) -> list[Ranked]:
    """The rows that have a number that may be ranked, the best mean first."""
    if not glossary.evaluation(column.evaluation).ranked:
        return []
    rows = [(row, row.cells[column.key]) for row in board.rows if column.key in row.cells]
    measured = [(row, cell) for row, cell in rows if cell.mean is not None and cell.comparable]
    losses = {row.label: mean_loss(cell, column) for row, cell in measured}
    known = [pair for pair in measured if losses[pair[0].label] is not None]
    return sorted(known, key=lambda pair: losses[pair[0].label] or 0.0)


def _different(rows: Sequence[Ranked]) -> list[LeaderboardRow]:
    """Of rows that show the same numbers of the same fits the first."""
    firsts: dict[str, LeaderboardRow] = {}
    for row, cell in rows:
        firsts.setdefault(cell.twin or row.label, row)
    return list(firsts.values())


def leaders(ordered: Sequence[Ranked], column: Column, words: Language, *, once: bool = False) -> Markup:
    """Who leads, with the number: one model, a group that is not separated, or nobody that the seeds can tell. `once`:
    there is one seed by design."""
    placed = [(row, cell) for row, cell in ordered if cell.place]
    first = [(row, cell) for row, cell in placed if cell.leads]
    row, cell = _best(ordered)
    best = Markup("<b>{}</b>, {}").format(named(row, words), _with_unit(cell, column, words))
    if is_undecided([cell for _, cell in placed]):
        least = min(cell.n for _, cell in placed)
        said = words("{n} seeds can't separate {k} models; best mean: ", n=least, k=len(placed))
        return Markup("{}{}").format(said, best)
    if not first and once:
        return best
    if not first:
        return Markup("{} ({})").format(best, _why_no_leader(ordered, words))
    others = [named(one, words) for one in _different(first)[1:]]
    if not others:
        return best
    if len(others) >= TIED:
        return Markup("{}, {}").format(best, words("not surely ahead of {n} others", n=len(others)))
    return Markup("{}, {} {}").format(best, words("not surely ahead of"), listed(others, words("and")))


def _best(ordered: Sequence[Ranked]) -> Ranked:
    """The one that a sentence names first: of the leading group, else of those with a place, else of all."""
    return max(ordered, key=lambda pair: (pair[1].leads, pair[1].place is not None))


def _why_no_leader(ordered: Sequence[Ranked], words: Language) -> str:
    n = ordered[0][1].n
    if n < LEAST:
        return words.plural(n, "{n} seed, no places", "{n} seeds, no places")
    return words("no other model has a value") if len(ordered) == 1 else words("no leader")


def _with_unit(cell: Cell, column: Column, words: Language) -> Markup:
    """The number in its unit: one without an interval on a scale of its own, `14.8 million images/s`."""
    if not column.unit:
        return value(cell, words)
    if cell.mean is not None and not cell.half_text:
        return isolated(amount(cell.mean, words(column.unit), words))
    said = " ".join(part for part in (column.scale.note, column.unit) if part)
    return Markup("{}{}{}").format(value(cell, words), UNBROKEN, words(said))


def value(cell: Cell, words: Language) -> Markup:
    """The number with its interval, kept on one line."""
    text = f"{cell.text}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{cell.half_text}" if cell.half_text else cell.text
    return isolated(words.number(text))


def _ceiling(board: Leaderboard, column: Column, words: Language) -> Markup:
    """What nothing can beat has here: `; real data, held out: 0.4`."""
    for name in glossary.evaluation(column.evaluation).ceiling:
        if known_answer(name, column):
            return Markup("")
        for row in board.controls:
            cell = row.cells.get(column.key)
            if row.model == name and cell is not None and cell.mean is not None:
                return Markup("; {}: {}").format(named(row, words), value(cell, words))
    return Markup("")


def _why_nothing(dataset: DatasetView, words: Language) -> Iterator[Sentence]:
    """Where no row has any number, the reason that most of them give."""
    cells = [cell for row in dataset.overview.rows for cell in row.cells.values()]
    reasons = Counter(reason for cell in cells for reason in cell.reasons)
    if reasons and all(cell.mean is None for cell in cells):
        ((reason, _),) = reasons.most_common(1)
        yield Sentence(words("Nothing measured"), wording.said(reason, words), dataset.anchor, "caution")


def _cost_of_leader(dataset: DatasetView, column: Column, words: Language) -> Iterator[Sentence]:
    """What the leader in this column takes: training and sampling where they are known, else parameters."""
    label = _best(ranked_rows(dataset.overview, column))[0].label
    spent = [
        f"{words(axis.title)} {amount(axis.values[label], words(axis.unit), words).replace(' ', UNBROKEN)}"
        for axis in axes(dataset.costs, dataset.boards, limit=2)
        if label in axis.values
    ]
    if spent:
        yield Sentence(words("Its cost"), Markup("{}").format(", ".join(spent)), _at_cost(dataset, words))


def _cheapest(dataset: DatasetView, words: Language) -> Iterator[Sentence]:
    spent = {label: cost.seconds for label, cost in dataset.costs.items() if cost.seconds}
    if len(spent) < 2:
        return
    least, most = min(spent, key=lambda k: spent[k]), max(spent, key=lambda k: spent[k])
    shortest, longest = (words.number(formatting.duration(spent[k])).replace(" ", UNBROKEN) for k in (least, most))
    text = Markup("<b>{}</b>, {}").format(isolated(least), shortest)
    if shortest != longest:
        text += Markup("; {} {}, {}").format(words("slowest:"), isolated(most), longest)
    yield Sentence(words("Fastest to train"), text, _at_cost(dataset, words))


def _at_cost(dataset: DatasetView, words: Language) -> str:
    """Where costs are shown: their plot, else the dataset."""
    return dataset.anchor if cost_plot(dataset, words) is None else dataset.anchor_of("cost")


def _cautions(view: View, dataset: DatasetView) -> Iterator[Sentence]:
    """Controls out of place, failed jobs, few seeds."""
    words = view.words
    if dataset.overview.warnings:
        n = len(dataset.overview.warnings)
        text = Markup(words.plural(n, "{n} warning above its tables", "{n} warnings above its tables"))
        yield Sentence(words("Careful"), text, dataset.anchor, "bad")
    own = [e for e in view.found if e.dataset == dataset.name]
    failed = {(e.label, e.seed, e.evaluation) for e in own if not e.ok and e.status != "unsupported"}
    if failed:
        text = Markup(words.plural(len(failed), "{n} job failed", "{n} jobs failed"))
        yield Sentence(words("Missing"), text, "failures", "bad")
    seeds = len({e.seed for e in own if e.ok})
    if 0 < seeds < FEW:
        said = (
            "{n} seed: no interval over seeds, no places"
            if seeds == 1
            else "{n} seeds: wide intervals, few separations"
        )
        yield Sentence(words("Caution"), Markup(words(said, n=seeds)), "reading", "caution")
