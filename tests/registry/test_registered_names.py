"""Names: one thing each, and only such as an option can reach."""

from __future__ import annotations

import importlib
import sys

import pytest
from registry_toys import Files, dataset

from genbench import registry
from genbench.core.errors import UsageError
from genbench.registry import load_plugin, register_dataset, register_encoder, registries
from genbench.registry.names import check_name

REGISTER = "@register_dataset('mine', summary='For a test.')\n"
HEAD = "from genbench import register_dataset\n"


def builder(*, root=None):
    return None


def value(name: str = "mine") -> object:
    return registry.datasets.get(name).load()()


@pytest.mark.parametrize("kind", ["models", "datasets", "encoders", "metrics", "evaluations"])
def test_genbenchs_own_names_may_all_be_registered(kind: str) -> None:
    own = getattr(registry, kind)
    assert own.names()
    for name in own.names():
        if not name.startswith("adbench:"):  # a scheme of genbench's own, which no third party can add to
            check_name(own.kind, name, "genbench")


@pytest.mark.parametrize("name", ["a", "my-vae", "VAE_2", "a.b", "clip@336", "größe", "9to5", "x" * 100])
def test_names_that_an_option_can_reach(name: str) -> None:
    check_name("encoder", name, "a test")


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "a b", "a,b", "a+gmm10", "family:vae", "a\n", "a\tb", "-a", ".a", "_a", "a/b", "a=1", "a?b"),
        *("x" * 101, "a\x00", "a\u200bb", None, 3, ["a"]),
    ],
)
def test_names_that_no_option_can_reach(name: object) -> None:
    with pytest.raises(UsageError, match=r"of a model .*\(a test\)"):
        check_name("model", name, "a test")


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("dataset", "mine@val", "validation"),
        ("dataset", "digits-without-3", "-without-"),
        ("dataset", "digits-only-3", "-only-"),
        ("model", "all", "genbench check all"),
        ("model", "metrics", "metrics"),
        ("model", "a@b", "label"),
        ("encoder", "auto", "own encoder"),
    ],
)
def test_names_that_mean_something_else(kind: str, name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check_name(kind, name, "a test")
    check_name("metric", name, "a test")


def test_a_refused_name_says_where_it_is() -> None:
    with pytest.raises(UsageError, match=r"test_registered_names.py, line \d+"):
        register_dataset("a,b", summary="For a test.")(builder)
    assert "a,b" not in registry.datasets


def test_two_plugins_with_one_name_are_refused_and_both_files_named(files: Files) -> None:
    first, second = files.write("a.py", dataset(value=1)), files.write("b.py", dataset(value=2))
    load_plugin(first)
    with pytest.raises(UsageError, match="two datasets are called 'mine'") as caught:
        load_plugin(second)
    assert f"{first}, line 4" in str(caught.value) and f"{second}, line 4" in str(caught.value)
    assert value() == 1


def test_two_plugins_that_register_through_one_helper_are_still_two(files: Files) -> None:
    files.write("giver.py", HEAD + "def give(f):\n    register_dataset('mine', summary='x')(f)\n")
    source = "import giver\ndef {}(*, root=None):\n    return 1\ngiver.give({})\n"
    first, second = files.write("a.py", source.format("f", "f")), files.write("b.py", source.format("f", "f"))
    load_plugin(first)
    with pytest.raises(UsageError, match=r"a\.py, line 4.*b\.py, line 4"):
        load_plugin(second)


def test_a_plugin_with_a_name_of_genbench_is_refused_when_it_is_loaded(files: Files) -> None:
    file = files.write("a.py", dataset("digits"))
    with pytest.raises(UsageError, match=r"genbench/data/.*\.py.*a\.py, line 4"):
        load_plugin(file)


@pytest.mark.parametrize(
    "source",
    [
        HEAD + f"{REGISTER}def build(*, root=None): return 1\n{REGISTER}def build(*, root=None): return 2\n",
        HEAD + f"{REGISTER}def one(*, root=None): return 1\n{REGISTER}def two(*, root=None): return 2\n",
        HEAD + f"for i in range(2):\n  {REGISTER}  def build(*, root=None): return i\n",
        HEAD + f"def make(i):\n  {REGISTER}  def build(*, root=None): return i\nmake(1)\nmake(2)\n",
        HEAD + f"def make(i):\n  {REGISTER}  def build(*, root=None): return i\nfor i in range(2): make(i)\n",
    ],
    ids=["same-function-name", "two-functions", "loop", "factory", "factory-in-a-loop"],
)
def test_the_second_of_one_name_in_one_file_is_refused(files: Files, source: str) -> None:
    file = files.write("a.py", source)
    with pytest.raises(UsageError, match=r"two datasets are called 'mine': .*a\.py, line \d+, and .*a\.py, line \d+"):
        load_plugin(file)
    assert "mine" not in registry.datasets
    file = files.write("plain.py", source)
    sys.path.append(str(files.folder))
    with pytest.raises(UsageError, match="two datasets"):
        importlib.import_module("plain")


def test_the_very_same_thing_may_be_registered_twice() -> None:
    decorate = register_dataset("mine", summary="For a test.")
    decorate(builder)
    decorate(builder)
    with pytest.raises(UsageError, match="two datasets"):
        register_dataset("mine", summary="Other words.")(builder)


def test_a_module_may_be_reloaded_and_imported_anew(files: Files) -> None:
    sys.path.append(str(files.folder))
    files.write("again.py", dataset(value=1))
    module = importlib.import_module("again")
    files.write("again.py", "\n\n" + dataset(value=20))
    importlib.reload(module)
    assert value() == 20
    del sys.modules["again"]
    files.write("again.py", dataset(value=300))
    importlib.import_module("again")
    assert value() == 300


def test_a_function_that_registers_may_be_called_again_later() -> None:
    def make(i: int) -> None:
        @register_dataset("mine", summary="For a test.")
        def build(*, root=None):
            return i

    make(1)
    make(2)
    assert value() == 2


def test_a_cell_of_a_notebook_may_be_run_again() -> None:
    """Cells are compiled from text under names such as these, in one namespace."""
    space = {"__name__": "__main__"}
    for i in (1, 2):
        text = HEAD + "\n" * i + f"{REGISTER}def build(*, root=None): return {i}\n"
        exec(compile(text, f"/tmp/ipykernel_1/{i}.py", "exec"), space)
    assert value() == 2


def test_a_cell_and_a_file_with_one_name_are_two(files: Files) -> None:
    load_plugin(files.write("a.py", dataset()))
    text = HEAD + f"{REGISTER}def build(*, root=None): return 1\n"
    with pytest.raises(UsageError, match=r"a\.py, line 4, and an interactive session"):
        exec(compile(text, "<cell>", "exec"), {"__name__": "__main__"})


def test_a_name_may_be_shared_by_two_kinds() -> None:
    register_dataset("mine", summary="For a test.")(builder)
    register_encoder("mine", summary="For a test.")(builder)
    assert all("mine" in r for r in (registries.datasets, registries.encoders))
