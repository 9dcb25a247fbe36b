"""What the documents tell a reader to type is right: commands, suites, scripts, links, pages made from the code."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
import tomllib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer.main
from test_docs import ALLOWED, PRIVATE

from genbench import registry
from genbench.cli.app import app
from genbench.cli.cards import REGISTRIES
from genbench.cli.main import COMMANDS
from genbench.core.errors import GenbenchError
from genbench.core.text import safe_text
from genbench.data.names import is_made
from genbench.runs import suite_file
from genbench.runs.options import Options, chosen_suite
from genbench.runs.suite import dataset_use

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *(p for p in DOCS if "_build" not in p.parts)]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
PLACEHOLDER = re.compile(r"(?<![a-z0-9])[A-Z]{2,}(?![a-z])|…|\.\.\.|[\[|]")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, *languages: str) -> list[str]:
    return [body for _, language, body in FENCE.findall(text_of(name)) if language in languages]


def commands(name: str) -> list[list[str]]:
    """Every command of genbench in a page's blocks, as words."""
    lines = [line for block in blocks(name, "", "console", "bash", "sh") for line in joined(block)]
    return calls(lines)


def mentions(name: str) -> list[list[str]]:
    """Every command in a page's text, as words: what it does not speak of may be left out."""
    prose = FENCE.sub("", text_of(name))
    return calls(" ".join(found.split()) for found in re.findall(r"`(genbench [^`]+)`", prose))


def calls(lines: Iterable[str]) -> list[list[str]]:
    """What follows `genbench` in each line that begins with it."""
    words = [shlex.split(line, comments=True) for line in lines]
    return [found[1:] for found in words if found[:1] == ["genbench"] and len(found) > 1]


def joined(block: str) -> list[str]:
    """Lines, those that end in a backslash put together; no prompt, no environment before the command."""
    whole = re.sub(r"\s*\\\n\s*", " ", block).splitlines()
    return [re.sub(r"^(\$ +)?((\w+=\S+ +)*)(.*)$", r"\4", line.strip()) for line in whole]


# --- commands


GROUP: Any = typer.main.get_command(app)


def parsed(words: list[str]) -> dict[str, Any]:
    """What the real parser makes of a command; it is not called."""
    assert COMMANDS and words[0] in GROUP.commands, f"there is no command {words[0]}"
    context = GROUP.commands[words[0]].make_context(words[0], list(words[1:]))
    return dict(context.params)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_one_that_can_be_given(name: str) -> None:
    wrong = [said for words in commands(name) if (said := mistake(words))]
    wrong += [said for words in mentions(name) if (said := mistake(words)) and "Missing" not in said]
    assert not wrong, "\n".join(wrong)


def mistake(words: list[str]) -> str:
    """What is wrong with a command, in words."""
    try:
        check(words)
    except Exception as error:  # the parser's errors, and genbench's own sentences
        said = error.format_message() if hasattr(error, "format_message") else error
        return f"genbench {shlex.join(words)}: {said}"
    return ""


def check(words: list[str]) -> None:
    """Parse a command; look its suite, models, datasets, metrics up, where it names no placeholder."""
    if words[0].startswith("-") or PLACEHOLDER.search(words[0]):
        return
    if len(words) == 1:
        assert words[0] in GROUP.commands, words
        return
    given = parsed(words)
    if any(PLACEHOLDER.search(word) for word in words):
        return
    {"run": check_run, "tune": check_run, "submit": check_run, "show": check_show, "score": check_score}.get(
        words[0], lambda given: None
    )(given)


def check_run(given: dict[str, Any]) -> None:
    models = [m for m in given["models"].split(",") if m and not (given["plugin"] and unknown(m))]
    datasets = [d for d in given["datasets"].split(",") if d and not (given["plugin"] and ":" not in d)]
    own = given["suite"].endswith(".toml")
    options = Options(
        models=models,
        datasets=datasets,
        seeds=given.get("seeds"),
        executor=given["executor"],
        profile="" if own else given["profile"],
        settings=() if own else given["set_"] or (),
    )
    chosen_suite("quick" if own else given["suite"], options)


def unknown(model: str) -> bool:
    return not model.startswith("family:") and model.partition("+")[0] not in registry.models.names()


def check_show(given: dict[str, Any]) -> None:
    kind = f"{given['kind']}s"
    if kind == "suites":
        suite_file.find(given["name"])
    elif kind == "datasets" and is_made(dataset_use(given["name"])[1]):
        return
    elif kind in REGISTRIES and not given["plugin"]:
        REGISTRIES[kind].get(given["name"].partition("+")[0])


def check_score(given: dict[str, Any]) -> None:
    for metric in filter(None, given["metrics"].split(",")):
        assert given["plugin"] or metric in registry.metrics.names(), metric
    if given["encoder"]:
        registry.encoders.get(given["encoder"].partition(":")[0])


def test_a_wrong_command_is_found() -> None:
    for line in ("run nosuch", "run quick --modles vae", "run quick --models vea", "show model vea", "fly"):
        assert mistake(line.split()), line
    assert not mistake(["run", "quick", "--models", "vae"])


def test_commands_are_found_in_blocks_and_in_the_text() -> None:
    assert ["run", "quick"] in [words[:2] for words in commands("README.md")]
    assert joined("$ A=1 genbench run \\\n   quick # now\n") == ["genbench run quick # now"]


@pytest.mark.parametrize("name", NAMES)
def test_every_script_and_target_is_there(name: str) -> None:
    text = text_of(name)
    for path in re.findall(r"python (?:-P )?((?:bench|docs)/[\w/]+\.py)", text):
        assert (ROOT / path).is_file(), f"{name} names {path}"
    targets = re.findall(r"^(\w+):", text_of("Makefile"), re.MULTILINE)
    for target in re.findall(r"`make (\w+)`", text):
        assert target in targets, f"{name} names make {target}"


# --- suites and Python


@pytest.mark.parametrize("name", NAMES)
def test_every_suite_in_a_page_is_one(name: str) -> None:
    for block in blocks(name, "toml"):
        content = tomllib.loads(block)
        if "evaluations" in content and "models" in content:
            suite_file.parse(content, Path(name))


@pytest.mark.parametrize("name", NAMES)
def test_python_in_a_page_can_be_compiled_and_its_page_is_tested(name: str) -> None:
    found = blocks(name, "python")
    for block in found:
        compile(block, name, "exec")
    tests = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_doc*.py"))
    assert not found or f'"{name}"' in tests, f"nobody runs the blocks of {name}"


# --- links and pictures


def anchors(path: Path) -> set[str]:
    """What a page can be entered at: its headings as GitHub and MyST write them."""
    found = set()
    for heading in re.findall(r"^#+ +(.*)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_no_link_is_dead(name: str) -> None:
    page = ROOT / name
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text_of(name))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link)
    assert not dead, f"{name}: {dead}"


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.png")), ids=lambda p: p.name)
def test_every_picture_is_small_and_shown(path: Path) -> None:
    shown = "".join(text_of(name) for name in NAMES)
    assert path.name in shown, f"no page shows {path.relative_to(ROOT)}"
    assert path.stat().st_size < (150_000 if "course" in path.parts else 2_000_000)


# --- the course


CHAPTERS = sorted(p.name for p in (ROOT / "docs/course/en").glob("*.md"))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_course_is_the_same_in_both_languages(chapter: str) -> None:
    pages = [f"docs/course/{language}/{chapter}" for language in ("en", "vi")]
    assert commands(pages[0]) == commands(pages[1])
    for found in (r"!\[[^]]*\]\(([^)]+)\)", r"\]\((\d\d-[^)]+)\)"):
        english, vietnamese = (re.findall(found, text_of(page)) for page in pages)
        assert english == vietnamese
    numbers = [re.findall(r"\d+[.,]\d+", "".join(table_lines(page))) for page in pages]
    assert [n.replace(",", ".") for n in numbers[0]] == [n.replace(",", ".") for n in numbers[1]]


def table_lines(page: str) -> list[str]:
    return [line for line in text_of(page).splitlines() if line.startswith("|")]


def test_the_script_of_the_pictures_makes_them_by_the_commands_of_the_chapters() -> None:
    script = joined(text_of("docs/course/pictures.sh"))
    made = set(re.findall(r"\$to/([\w-]+\.png)", "\n".join(script)))
    assert made == {p.name for p in (ROOT / "docs/course/pictures").glob("*.png")}
    runs = [words for words in calls(script) if words[0] == "run"]
    asked = [words for c in CHAPTERS for words in commands(f"docs/course/en/{c}") if words[0] == "run"]
    assert [words[: words.index("--out")] for words in runs] == asked


def test_a_chapter_has_a_command_and_a_picture_and_leads_on() -> None:
    chapters = [c for c in CHAPTERS if c != "README.md"]
    assert len(chapters) == 12
    for this, following in pairwise(chapters):
        text = text_of(f"docs/course/en/{this}")
        assert commands(f"docs/course/en/{this}") or "chapter 11" in text, this
        assert "](../pictures/" in text and f"({following})" in text, this
    assert all(c in text_of("docs/course/en/README.md") for c in chapters)


LEARNING = ("docs/course/", "docs/howto/", "docs/tutorial", "docs/faq", "docs/glossary", "docs/peers", "README")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(LEARNING)])
def test_no_page_for_learning_has_private_words(name: str) -> None:
    text = text_of(name)
    for allowed in ALLOWED.get(name, ()):
        text = text.replace(allowed, "")
    assert not PRIVATE.findall(text)


# --- pages that are made from the code


def generator() -> Any:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "models/catalogue.md", "suites.md"])
def test_a_page_is_what_the_code_says(name: str) -> None:
    made = generator().made(name)
    assert text_of(f"docs/{name}") == made, "run `python docs/generate.py`"


def test_the_reference_has_every_option_that_help_prints() -> None:
    text = text_of("docs/cli.md")
    for name, command in GROUP.commands.items():
        section = text.partition(f"## genbench {name}\n")[2].partition("\n## ")[0]
        assert section, name
        for parameter in command.params:
            for written in parameter.opts:
                if written.startswith("-") and written != "--help":
                    assert f"{written}" in section, (name, written)


def test_every_evaluation_and_model_has_its_page() -> None:
    catalogue = text_of("docs/models/catalogue.md")
    for entry in registry.models:
        if entry.site is None:
            assert f"### {entry.card.name}\n" in catalogue
    for entry in registry.evaluations:
        if entry.site is None:
            assert (ROOT / f"docs/evaluations/{entry.card.name}.md").is_file()


def test_the_errors_of_the_checks_are_sentences() -> None:
    with pytest.raises(GenbenchError) as error:
        check(["run", "quick", "--models", "vea"])
    assert "vae" in safe_text(error.value, 300)
