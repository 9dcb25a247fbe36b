"""Code hashes: they change with every source that a target is made of, and with nothing else."""

from __future__ import annotations

import functools
import importlib
import math
import sys

import pytest
from registry_toys import Files, dataset

from genbench import registry
from genbench.core.records import DataFacts, DataKind
from genbench.models.vae import VAE
from genbench.registry import code_hash, load_plugin, register_dataset
from genbench.runs.plan import Conditions, make_plan
from genbench.runs.suite import Suite


def hash_of(name: str = "mine") -> str | None:
    return registry.datasets.get(name).code_hash()


def test_genbenchs_own_code_has_its_version() -> None:
    assert code_hash(VAE) == code_hash("genbench.models.vae:VAE") == ""
    assert all(entry.code_hash() == "" for entry in registry.datasets if isinstance(entry.target, str))


def test_a_partial_of_genbenchs_own_is_the_code_that_sets_its_arguments() -> None:
    register_dataset("mine", summary="For a test.")(functools.partial(VAE, latent=2))
    assert hash_of() not in ("", None)


USES = {
    "import": "import helper",
    "from": "from helper import x",
    "alias": "import helper as h",
    "inside": "def late():\n    from helper import x\n    return x",
    "class": "class A:\n    def late(self):\n        import helper",
    "by-name": "import importlib\nhelper = importlib.import_module('helper')",
    "package": "import helpers.deep",
    "from-package": "from helpers import deep",
    "package-attribute": "from helpers.deep import x",
    "package-init": "import helpers.other",
    "relative": "import relative.top",
    "indirect": "import middle",
    "guarded": "try:\n    import helper\nexcept ImportError:\n    helper = None",
}
CHANGES = {
    "package": "helpers/deep.py",
    "from-package": "helpers/deep.py",
    "package-attribute": "helpers/deep.py",
    "package-init": "helpers/__init__.py",
    "relative": "relative/low.py",
}


def helpers(files: Files) -> None:
    files.write("helper.py", "x = 1\n")
    files.write("middle.py", "import helper\n")
    files.write("helpers/__init__.py", "")
    files.write("helpers/deep.py", "x = 1\n")
    files.write("helpers/other.py", "")
    files.write("relative/__init__.py", "")
    files.write("relative/top.py", "from . import low\nfrom .low import y\n")
    files.write("relative/low.py", "y = 1\n")
    files.write("unused.py", "x = 1\n")


@pytest.mark.parametrize("use", USES)
def test_a_change_of_a_helper_changes_the_hash_and_nothing_else_does(files: Files, use: str) -> None:
    helpers(files)
    file = files.write("mine.py", USES[use] + "\n" + dataset())
    load_plugin(file)
    first = hash_of()
    assert first is not None and len(first) == 16
    load_plugin(file)
    assert hash_of() == first
    files.write("unused.py", "x = 2\n")
    load_plugin(file)
    assert hash_of() == first
    files.write(CHANGES.get(use, "helper.py"), "x = y = 2\n")
    load_plugin(file)
    second = hash_of()
    assert second != first
    files.write("mine.py", USES[use] + "\n" + dataset(value=2))
    load_plugin(file)
    assert hash_of() not in (first, second)


def test_the_same_source_in_another_folder_has_the_same_hash(files: Files) -> None:
    found = []
    for folder in ("one", "two"):
        files.write(f"{folder}/helper_{folder}.py", "")  # of no meaning to it
        file = files.write(f"{folder}/mine.py", dataset())
        load_plugin(file)
        found.append(hash_of())
        registry.datasets.remove("mine")
    assert found[0] == found[1] is not None


def test_helpers_that_change_places_change_the_hash(files: Files) -> None:
    file = files.write("mine.py", "import left, right\n" + dataset())
    files.write("left.py", "x = 1\n"), files.write("right.py", "x = 2\n")
    load_plugin(file)
    first = hash_of()
    files.write("left.py", "x = 2\n"), files.write("right.py", "x = 1\n")
    load_plugin(file)
    assert hash_of() != first


def test_libraries_and_the_standard_library_are_not_hashed(files: Files) -> None:
    """Also where they lie below the plugin's folder, as an environment in a project does."""
    file = files.write("mine.py", "import json, installed_thing\n" + dataset())
    thing = files.write("env/lib/python3/site-packages/installed_thing.py", "x = 1\n")
    sys.path.append(str(thing.parent))
    load_plugin(file)
    first = hash_of()
    del sys.modules["installed_thing"]
    files.write("env/lib/python3/site-packages/installed_thing.py", "x = 2\n")
    assert code_hash(registry.datasets.get("mine").target) == first


def test_an_installed_package_is_hashed_whole_but_not_its_neighbours(files: Files) -> None:
    site = "env/site-packages"
    files.write(f"{site}/mypackage/__init__.py", "")
    files.write(f"{site}/mypackage/models.py", "import neighbour\nfrom mypackage.nets import x\n" + dataset())
    files.write(f"{site}/mypackage/nets.py", "x = 1\n")
    files.write(f"{site}/neighbour.py", "x = 1\n")
    sys.path.append(str(files.folder / site))

    def loaded_anew() -> str | None:
        for name in [n for n in sys.modules if n.partition(".")[0] in ("mypackage", "neighbour")]:
            del sys.modules[name]
        importlib.import_module("mypackage.models")
        return hash_of()

    first = loaded_anew()
    files.write(f"{site}/neighbour.py", "x = 22\n")
    assert loaded_anew() == first
    files.write(f"{site}/mypackage/nets.py", "x = 22\n")
    assert loaded_anew() != first


def test_the_hash_is_of_what_was_loaded_not_of_a_later_edit(files: Files) -> None:
    """A process that does not load a file again runs the old code, whatever the file says."""
    sys.path.append(str(files.folder))
    files.write("helper.py", "x = 1\n")
    files.write("mine.py", "import helper\n" + dataset())
    module = importlib.import_module("mine")
    first = hash_of()
    files.write("helper.py", "x = 22\n")
    files.write("mine.py", "import helper\n" + dataset(value=22))
    assert hash_of() == code_hash(module.build) == first
    importlib.reload(module)
    second = hash_of()
    assert second not in (first, None)  # the helper in memory is still the old one
    importlib.reload(sys.modules["helper"])
    importlib.reload(module)
    assert hash_of() not in (first, second)


def test_a_module_that_was_not_imported_yet_is_read_when_asked(files: Files) -> None:
    sys.path.append(str(files.folder))
    files.write("lazy.py", "x = 1\n")
    files.write("mine.py", "def late():\n    import lazy\n" + dataset())
    build = importlib.import_module("mine").build
    first = code_hash(build)
    files.write("lazy.py", "x = 2\n")
    assert code_hash(build) != first


def test_code_without_source_has_no_hash() -> None:
    space: dict[str, object] = {"__name__": "__main__"}
    exec(compile(dataset(), "<cell>", "exec"), space)
    assert hash_of() is None
    assert code_hash(space["build"]) is None
    class_of_nowhere = type("Nowhere", (), {"__module__": "no_such_module"})
    assert code_hash(class_of_nowhere) is None


def test_a_function_typed_in_among_those_of_a_file_has_no_hash() -> None:
    space: dict[str, object] = {"__name__": __name__}
    exec("def typed(*, root=None): return 1", space)
    assert code_hash(space["typed"]) is None and code_hash(hash_of) is not None


def test_a_plugin_that_registers_a_librarys_function_is_hashed_for_itself(files: Files) -> None:
    file = files.write("mine.py", "import math\nfrom genbench import register_dataset\n\n")
    file.write_text(file.read_text() + 'register_dataset("mine", summary="x")(math.sqrt)\n')
    load_plugin(file)
    assert registry.datasets.get("mine").target is math.sqrt
    first = hash_of()
    file.write_text(file.read_text() + "# more\n")
    load_plugin(file)
    assert hash_of() not in (first, None, "")


FACTS = DataFacts(name="digits", fingerprint="a", kind=DataKind.IMAGES, has=frozenset({"images", "labels"}))

MODEL = """
from genbench import registry
from genbench.protocols.card import ModelCard
class Model: pass
registry.models.add(ModelCard(name="mine", family="test", summary="x"), Model)
"""
METRIC = """
from genbench import register_metric
from genbench.protocols.metric import Metric
@register_metric(Metric(name="mine", summary="x", direction="lower"))
def measure(inputs):
    return 1.0
"""
EVALUATION = """
from genbench import register_evaluation
from genbench.protocols.evaluation import Evaluation
@register_evaluation(Evaluation(name="mine", summary="x", metrics=("mse",), headline="mse"))
def evaluate(evidence, config):
    return None
"""
QUALITY, RECONSTRUCTION = {"name": "sample-quality"}, {"name": "reconstruction"}
USES_OF = {
    "models": (MODEL, "mine", [RECONSTRUCTION, QUALITY], {"reconstruction", "sample-quality"}),
    "metrics": (METRIC, "vae", [RECONSTRUCTION, {**QUALITY, "metrics": ["kid", "mine"]}], {"sample-quality"}),
    "evaluations": (EVALUATION, "vae", [RECONSTRUCTION, {"name": "mine"}], {"mine"}),
}


@pytest.fixture(params=USES_OF)
def third_party(request: pytest.FixtureRequest):
    """A kind, the source of a plugin with one of it, a function that plans what uses it, and the evaluations that do:
    the job keys of each evaluation."""
    source, model, evaluations, touched = USES_OF[request.param]

    def keys() -> dict[str, set[str]]:
        content = {"schema": 1, "name": "small", "models": [model], "datasets": ["digits"], "evaluations": evaluations}
        suite = Suite.model_validate(content)
        made = make_plan(suite, Conditions(datasets={"digits": FACTS}))
        assert len({job.fit.key for job in made.jobs}) == suite.seeds  # still one fit for both evaluations
        found: dict[str, set[str]] = {}
        for job in made.jobs:
            found.setdefault(job.evaluation, set()).add(job.key)
        return found

    return getattr(registry, request.param), source, keys, touched


def test_results_of_code_without_source_are_never_used_again(files: Files, third_party) -> None:
    known, source, keys, touched = third_party
    load_plugin(files.write("mine.py", source))
    assert keys() == keys()
    known.remove("mine")
    exec(compile(source, "<cell>", "exec"), {"__name__": "__main__"})
    first, second = keys(), keys()
    assert {name for name in first if not first[name] & second[name]} == touched
    assert {name for name in first if first[name] == second[name]} == set(first) - touched


def test_results_of_changed_code_are_new_and_no_others_are(files: Files, third_party) -> None:
    _, source, keys, touched = third_party
    load_plugin(files.write("mine.py", source))
    first = keys()
    load_plugin(files.write("mine.py", source + "# changed\n"))
    second = keys()
    assert {name for name in first if not first[name] & second[name]} == touched
    assert {name for name in first if first[name] == second[name]} == set(first) - touched
    load_plugin(files.write("mine.py", source))
    assert keys() == first
