"""Plugin files: helpers beside them, loading again, and one sentence for whatever is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from registry_toys import Files, dataset

from genbench import registry
from genbench.core.errors import UsageError
from genbench.registry import load_plugin


def value(name: str = "mine") -> object:
    return registry.datasets.get(name).load()()


def counting(files: Files) -> Path:
    """A plugin that notes each execution of itself in a file."""
    note = files.folder / "executions"
    return files.write("mine.py", f"with open({str(note)!r}, 'a') as f: f.write('x')\nimport helper\n" + dataset())


def executions(files: Files) -> int:
    return len((files.folder / "executions").read_text())


def test_a_file_that_has_not_changed_is_executed_once(files: Files) -> None:
    files.write("helper.py", "")
    file = counting(files)
    load_plugin(file)
    target = registry.datasets.get("mine").target
    load_plugin(file)
    load_plugin(str(file))
    load_plugin(file.parent / "." / "x" / ".." / "mine.py")
    assert executions(files) == 1 and registry.datasets.get("mine").target is target
    file.touch()
    load_plugin(file)
    assert executions(files) == 1


def test_a_file_that_has_changed_is_executed_again(files: Files) -> None:
    """Also by as many letters, within the tick of a file system's clock."""
    for i in range(5):
        load_plugin(files.write("mine.py", dataset(value=i)))
        assert value() == i


def test_what_a_changed_file_no_longer_registers_is_forgotten(files: Files) -> None:
    load_plugin(files.write("mine.py", dataset("one") + dataset("two")))
    load_plugin(files.write("mine.py", dataset("two") + dataset("three")))
    assert [e.card.name for e in registry.datasets.registered()] == ["two", "three"]


@pytest.mark.parametrize("how", ["import helper", "from helper import x", "import middle", "from kit import helper"])
def test_a_changed_helper_is_reloaded_with_what_imports_it(
    files: Files, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # what is cached knows a file's second and size only
    sources = {
        "import helper": "import helper\nx = helper.x\n",
        "from helper import x": "from helper import x\n",
        "import middle": "from middle import x\n",
        "from kit import helper": "from kit import helper\nx = helper.x\n",
    }
    files.write("middle.py", "from helper import x\n")
    files.write("kit/__init__.py", "")
    where = "kit/helper.py" if "kit" in how else "helper.py"
    file = files.write("mine.py", sources[how] + dataset().replace("return 1", "return x"))
    for i in range(5):
        files.write(where, f"x = {i}\n")
        load_plugin(file)
        assert value() == i


def test_an_unchanged_helper_keeps_its_state(files: Files) -> None:
    files.write("kept.py", "state = []\n")
    files.write("helper.py", "x = 1\n")
    file = files.write("mine.py", "import kept, helper\nkept.state.append(1)\n" + dataset())
    load_plugin(file)
    kept = sys.modules["kept"]
    files.write("helper.py", "x = 2\n")
    load_plugin(file)
    assert sys.modules["kept"] is kept and kept.state == [1, 1]


def test_what_a_helper_registers_may_move_to_the_plugin(files: Files) -> None:
    files.write("helper.py", dataset(value=1))
    file = files.write("mine.py", "import helper\n")
    load_plugin(file)
    files.write("helper.py", "")
    files.write("mine.py", "import helper\n" + dataset(value=2))
    load_plugin(file)
    assert value() == 2


def test_a_helper_that_another_plugin_has_loaded_before_its_change_is_read_again(files: Files) -> None:
    one = files.write("one.py", "from helper import x\n" + dataset("one").replace("return 1", "return x"))
    two = files.write("two.py", "from helper import x\n" + dataset("two").replace("return 1", "return x"))
    files.write("helper.py", "x = 1\n")
    load_plugin(one)
    first = registry.datasets.get("one").code_hash()
    files.write("helper.py", "x = 2\n")
    load_plugin(two)
    assert (value("one"), value("two")) == (1, 2)
    assert registry.datasets.get("one").code_hash() == first
    load_plugin(one)
    assert value("one") == 2 and registry.datasets.get("one").code_hash() != first


def test_a_helper_never_hides_the_standard_library(files: Files) -> None:
    files.write("random.py", "raise ImportError('the wrong random')\n")
    files.write("colorsys.py", "raise ImportError('the wrong colorsys')\n")
    sys.modules.pop("colorsys", None)
    load_plugin(files.write("mine.py", "import random, colorsys\ncolorsys.rgb_to_hsv, random.random\n" + dataset()))
    assert sys.path[-1] == str(files.folder)


def test_two_plugins_with_helpers_of_one_name_are_not_mixed_up(files: Files) -> None:
    files.write("one/helper.py", "x = 1\n")
    files.write("two/helper.py", "x = 2\n")
    source = "from helper import x\n"
    load_plugin(files.write("one/mine.py", source + dataset("one")))
    with pytest.raises(UsageError, match=r"two/mine\.py imports 'helper', but Python has .*one/helper\.py .*rename"):
        load_plugin(files.write("two/mine.py", source + dataset("two")))
    assert "two" not in registry.datasets


BAD = {
    "error": ("x = 1\nraise ValueError('so\\nit is')\n", "ValueError: so it is (FILE, line 2)"),
    "exit": ("import sys\n\nsys.exit('done')\n", "SystemExit: done (FILE, line 3)"),
    "quiet-exit": ("raise SystemExit\n", "SystemExit (FILE, line 1)"),
    "syntax": ("x = 1\nx = = 2\n", "SyntaxError: invalid syntax"),
    "missing": ("import nosuchmodule\n", "ModuleNotFoundError: No module named 'nosuchmodule' (FILE, line 1)"),
    "relative": ("from . import helper\n", "ImportError: attempted relative import with no known parent package"),
    "name": (dataset("a,b"), "FILE, line 4"),
    "library": ("import json\n\njson.loads('{')\n", "(FILE, line 3)"),
    "usage": ("from genbench import registry\nregistry.datasets.get('digitz')\n", "'digits'"),
}


@pytest.mark.parametrize("kind", BAD)
def test_an_error_is_one_sentence_with_file_and_line(files: Files, kind: str) -> None:
    source, words = BAD[kind]
    file = files.write("bad.py", source)
    with pytest.raises(UsageError) as caught:
        load_plugin(file)
    said = str(caught.value)
    assert words.replace("FILE", str(file)) in said and f"{file}, line" in said and "\n" not in said, said


@pytest.mark.parametrize("content", [b"x = 1\x00\n", b"x = '\xff'\n", b"# coding: nonsense\n"])
def test_a_file_that_is_no_text_is_an_error_with_its_name(files: Files, content: bytes) -> None:
    file = files.folder / "bad.py"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=rf"could not be loaded: .* \({file}"):
        load_plugin(file)


def test_an_error_in_a_helper_names_the_helper(files: Files) -> None:
    helper = files.write("helper.py", "\n\n1 / 0\n")
    with pytest.raises(UsageError) as caught:
        load_plugin(files.write("mine.py", "import helper\n"))
    assert f"ZeroDivisionError: division by zero ({helper}, line 3)" in str(caught.value)


def test_a_plugin_that_fails_leaves_nothing_behind(files: Files) -> None:
    path, modules = list(sys.path), set(sys.modules)
    with pytest.raises(UsageError):
        load_plugin(files.write("mine.py", dataset() + "raise ValueError\n"))
    assert "mine" not in registry.datasets
    assert sys.path == path and set(sys.modules) == modules


def test_a_failed_reload_leaves_what_was_loaded_before(files: Files) -> None:
    file = files.write("mine.py", "import helper\n" + dataset().replace("return 1", "return helper.x"))
    files.write("helper.py", "x = 1\n")
    load_plugin(file)
    first, helper = registry.datasets.get("mine"), sys.modules["helper"]
    files.write("helper.py", "x = 2\n")
    files.write("mine.py", "import helper\n" + dataset("other") + "raise ValueError\n")
    with pytest.raises(UsageError):
        load_plugin(file)
    assert registry.datasets.get("mine") is first and "other" not in registry.datasets
    assert sys.modules["helper"] is helper and value() == 1
    files.write("mine.py", "import helper\n" + dataset().replace("return 1", "return helper.x + 40"))
    load_plugin(file)
    assert value() == 42


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing.py", "no such file"), ("folder", "is a folder"), ("folder.py", "is a folder"), ("mine.txt", ".py")],
)
def test_what_is_no_python_file_is_named(files: Files, name: str, words: str) -> None:
    files.write("mine.txt", dataset())
    for folder in ("folder", "folder.py"):
        (files.folder / folder).mkdir()
    with pytest.raises(UsageError, match=words) as caught:
        load_plugin(files.folder / name)
    assert name in str(caught.value)
