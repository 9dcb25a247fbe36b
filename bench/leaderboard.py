"""The reference leaderboard: run its parts, bring them together, write its pages.

python bench/leaderboard.py --list                     # the parts, what is there of each, what each takes
python bench/leaderboard.py --part mnist-vaes          # one part
python bench/leaderboard.py                            # every part that is missing, then the pages
python bench/leaderboard.py --minutes 9 --pack DIR     # as much of that as nine minutes hold; packed parts to DIR, too
python bench/leaderboard.py --merge                    # the pages alone, from what is packed

Real data are found by --data-root or GENBENCH_DATA. Each part is packed as it ends, as one file in PAGES/packed: all
that the pages need. The part at work when the minutes are over stops in good order, and the same command goes on.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where `board` is, whoever reads this file

from board import PACKED, stores
from board.parts import Asked, Part, chosen, parts, state
from board.runner import packed, run_parts

from genbench.core.errors import GenbenchError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="show the parts and what is there")
    parser.add_argument("--part", action="append", default=[], help="run this part alone (may be given again)")
    parser.add_argument("--merge", action="store_true", help="run nothing: make the pages of what is packed")
    parser.add_argument("--out", type=Path, default=Path("runs/leaderboard"), help="where parts are run")
    parser.add_argument(
        "--pages", type=Path, help="where pages and packed parts lie (docs/leaderboard; with --tiny OUT)"
    )
    parser.add_argument("--pack", type=Path, help="a folder that gets a copy of each packed part")
    parser.add_argument("--data-root")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--executor", default="auto")
    parser.add_argument("--workers", type=int, help="processes side by side (on a GPU 4 unless said)")
    parser.add_argument("--nvidia-mps", action="store_true", help="processes on a GPU compute at the same time")
    parser.add_argument("--stack", default="auto", help="train seeds together: on, off, auto (on a GPU)")
    parser.add_argument("--seeds", type=int)
    parser.add_argument(
        "--datasets", type=lambda text: text.split(","), default=[], help="these instead of a part's own"
    )
    parser.add_argument("--minutes", type=float, default=math.inf, help="after which this command stops in good order")
    parser.add_argument("--set", action="append", default=[], dest="settings", help="KEY=VALUE, for every part")
    parser.add_argument("--profile", default="", help="in the place of the parts' own: small")
    parser.add_argument(
        "--gate", type=Path, metavar="DIR", help="store a run of the suite `gate` as what is compared with"
    )
    parser.add_argument("--tiny", action="store_true", help="2,000 images, one seed, few samples: does it run?")
    given = parser.parse_args()
    given.pages = given.pages or (given.out if given.tiny else Path("docs/leaderboard"))
    try:
        _do(given)
    except GenbenchError as error:
        sys.exit(f"{parser.prog}: {error}")


def _do(given: argparse.Namespace) -> None:
    if given.gate is not None:
        size = stores.keep_small(given.gate, given.pages / "small")
        print(f"{given.pages / 'small'}: {size / 1024:.0f} KiB")
        return
    asked = Asked(
        out=given.out,
        packed=given.pages / PACKED,
        copies=given.pack,
        data_root=given.data_root,
        device=given.device,
        executor=given.executor,
        workers=given.workers or _side_by_side(given.device),
        nvidia_mps=given.nvidia_mps,
        stack=given.stack,
        seeds=given.seeds,
        datasets=given.datasets,
        settings=given.settings,
        profile=given.profile,
        tiny=given.tiny,
    )
    wanted = chosen(given.part) if given.part else parts()
    if given.list:
        _show(wanted, asked)
        return
    left = [] if given.merge else [part for part in wanted if given.part or _state(part, asked) != "whole"]
    unfinished = run_parts(left, asked, minutes=given.minutes)
    if unfinished:
        sys.exit(f"not whole yet, run again: {', '.join(unfinished)}")
    if not given.part:
        from board.pages import write_pages

        write_pages(asked.out, given.pages)


def _side_by_side(device: str) -> int | None:
    """On a GPU, whose evaluations wait for the processor, four processes; on a CPU as many as it has cores."""
    import torch

    return 4 if device.startswith("cuda") or (device == "auto" and torch.cuda.is_available()) else None


def _state(part: Part, asked: Asked) -> str:
    """How much of a part is packed, on whatever machine that was done."""
    return state(part, stores.note_of(packed(part.name, asked.packed)))


def _show(wanted: list[Part], asked: Asked) -> None:
    print(f"{'part':28}{'suite':20}{'expected':>10}{'took':>10}  state")
    for part in wanted:
        note = stores.note_of(packed(part.name, asked.packed))
        took = "" if note is None else f"{note['seconds'] / 60:.1f} min"
        print(f"{part.name:28}{part.suite:20}{f'{part.minutes:g} min':>10}{took:>10}  {state(part, note)}")


if __name__ == "__main__":
    main()
