"""Entry points of installed packages: found, and skipped in one line where they are broken."""

from __future__ import annotations

import sys
import warnings

import pytest
from registry_toys import Files, dataset

from genbench import registry
from genbench.registry import PluginWarning, entry_points, load_plugin


def install(files: Files, package: str, points: str, sources: dict[str, str], folder: str = "site-packages") -> None:
    """What an installer leaves behind: modules and a dist-info folder."""
    for name, source in sources.items():
        files.write(f"{folder}/{name}", source)
    info = f"{folder}/{package.replace('-', '_')}-1.0.dist-info"
    files.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    files.write(f"{info}/entry_points.txt", points)
    place = str(files.folder / folder)
    if place not in sys.path:
        sys.path.insert(0, place)


@pytest.fixture(autouse=True)
def unfilled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.datasets, "_filled", False)
    monkeypatch.setattr(entry_points, "_warned", set())
    entry_points._found.cache_clear()


def names() -> tuple[list[str], list[str]]:
    """Third parties' names, and what was said while they were looked for."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        registry.datasets.names()
    assert all(issubclass(one.category, PluginWarning) for one in said)
    return [entry.card.name for entry in registry.datasets.registered()], [str(one.message) for one in said]


def test_what_an_installed_package_registers_is_listed(files: Files) -> None:
    install(files, "my-zoo", "[genbench.datasets]\nzoo = my_zoo\n", {"my_zoo.py": dataset()})
    assert names() == (["mine"], [])
    assert "digits" in registry.datasets
    assert registry.datasets.get("mine").code_hash()


BROKEN = {
    "import": ("import nosuchmodule\n", "ModuleNotFoundError: No module named 'nosuchmodule'"),
    "error": (dataset("half") + "1 / 0\n", "ZeroDivisionError: division by zero"),
    "exit": ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    "lines": ("raise ValueError('one\\ntwo')\n", "ValueError: one two"),
    "syntax": ("x = = 1\n", "SyntaxError"),
    "taken": (dataset("digits"), "two datasets are called 'digits'"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_one_is_named_in_one_line_and_the_others_stay(files: Files, kind: str) -> None:
    source, words = BROKEN[kind]
    install(files, "a-broken", "[genbench.datasets]\nbad = a_broken\n", {"a_broken.py": source})
    install(files, "my-zoo", "[genbench.datasets]\nzoo = my_zoo\n", {"my_zoo.py": dataset()})
    known, said = names()
    assert known == ["mine"] and "digits" in registry.datasets
    (line,) = said
    assert all(part in line for part in ("'bad'", "genbench.datasets", "a-broken", "skipped", words)), line
    assert "\n" not in line


def test_it_is_said_once_a_process(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    install(files, "a-broken", "[genbench.datasets]\nbad = nosuchmodule\n", {})
    assert len(names()[1]) == 1
    monkeypatch.setattr(registry.datasets, "_filled", False)
    assert names()[1] == []


def test_an_entry_point_to_nothing_is_broken(files: Files) -> None:
    install(files, "a-broken", "[genbench.datasets]\nbad = a_broken:nothing\n", {"a_broken.py": dataset("half")})
    known, said = names()
    assert known == [] and len(said) == 1 and "nothing" in said[0]


def test_of_two_packages_with_one_name_the_second_is_skipped_and_both_files_named(files: Files) -> None:
    for package in ("a-zoo", "b-zoo"):
        module = package.replace("-", "_")
        install(files, package, f"[genbench.datasets]\nzoo = {module}\n", {f"{module}.py": dataset(value=package)})
    known, said = names()
    assert known == ["mine"] and len(said) == 1
    assert "a_zoo.py, line 4" in said[0] and "b_zoo.py, line 4" in said[0]
    assert registry.datasets.get("mine").load()() in ("a-zoo", "b-zoo")


def test_a_plugin_that_was_named_goes_before_an_installed_package(files: Files) -> None:
    install(files, "my-zoo", "[genbench.datasets]\nzoo = my_zoo\n", {"my_zoo.py": dataset(value="installed")})
    load_plugin(files.write("mine.py", dataset(value="named")))
    known, said = names()
    assert known == ["mine"] and len(said) == 1 and registry.datasets.get("mine").load()() == "named"


def test_a_package_whose_entry_points_cannot_be_read_hides_no_other(files: Files) -> None:
    install(files, "a-broken", "[genbench.datasets]\nthis is no entry point\n", {})
    install(files, "my-zoo", "[genbench.datasets]\nzoo = my_zoo\n", {"my_zoo.py": dataset()})
    known, said = names()
    assert known == ["mine"] and len(said) == 1 and "a_broken" in said[0]


def test_other_groups_are_left_alone(files: Files) -> None:
    install(files, "a-broken", "[genbench.models]\nbad = nosuchmodule\n[pytest11]\nbad = nosuchmodule\n", {})
    assert names() == ([], [])


def test_a_package_behind_another_version_of_itself_is_not_loaded_twice(files: Files) -> None:
    install(files, "my-zoo", "[genbench.datasets]\nold = nosuchmodule\n", {}, folder="old/site-packages")
    install(files, "my-zoo", "[genbench.datasets]\nzoo = my_zoo\n", {"my_zoo.py": dataset()})
    assert names() == (["mine"], [])


def test_another_process_needs_no_replay_of_it(files: Files) -> None:
    install(files, "my-zoo", "[genbench.datasets]\nzoo = my_zoo\n", {"my_zoo.py": dataset()})
    assert names() == (["mine"], [])
    assert registry.origins() == () and registry.unrepeatable() == []
