"""Names in another process: what was registered here is known there, and no run starts a second time."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from registry_toys import Files, dataset

from genbench import registry
from genbench.executors import frames
from genbench.executors.config import WorkerConfig
from genbench.executors.worker import READY
from genbench.registry import Origin, ReplayEnds, load_plugin, run_begins, sites
from genbench.runs.setting import TaskSetting
from genbench.store import Place

RUN = """
def run():  # as genbench.run does
    from genbench import registry
    registry.run_begins()
    import pickle
    from pathlib import Path
    with Path("ran").open("a") as note:
        note.write("x")
    Path("origins").write_bytes(pickle.dumps(registry.origins()))
    Path("unrepeatable").write_text("; ".join(registry.unrepeatable()))
"""


def known(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return next(line for line in done.stdout.splitlines() if line.startswith("KNOWN")).split()[1:]


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0 and "Traceback" not in done.stderr, done.stderr
    return done.stderr[done.stderr.index("REFUSED") :].strip()


def run_script(files: Files, source: str, *arguments: str) -> Path:
    """Run a script that calls `run()`; where it left its origins."""
    files.write("script.py", RUN + source)
    done = files.run(*(arguments or ("script.py",)))
    assert done.returncode == 0, done.stderr
    return files.folder / "origins"


def ran(files: Files) -> int:
    return len((files.folder / "ran").read_text())


def kinds(origins: Path) -> list[str]:
    return [origin.kind for origin in pickle.loads(origins.read_bytes())]


def test_a_script_with_a_guard(files: Files) -> None:
    origins = run_script(files, dataset() + "\nif __name__ == '__main__':\n    run()\n")
    assert kinds(origins) == ["script"] and ran(files) == 1
    assert known(files.replayed(origins)) == ["mine"] and ran(files) == 1


def test_a_script_without_a_guard_does_not_run_again(files: Files) -> None:
    origins = run_script(files, dataset() + "\nrun()\nprint('AFTER')\n")
    done = files.replayed(origins)
    assert known(done) == ["mine"] and ran(files) == 1 and "AFTER" not in done.stdout


def test_a_script_that_shrugs_off_failed_runs_does_not_run_again(files: Files) -> None:
    origins = run_script(files, dataset() + "\ntry:\n    run()\nexcept Exception:\n    print('AFTER')\n")
    done = files.replayed(origins)
    assert known(done) == ["mine"] and ran(files) == 1 and "AFTER" not in done.stdout


def test_a_script_has_its_arguments_and_its_helpers(files: Files) -> None:
    files.write("helper.py", "x = 1\n")
    source = "import sys, helper\nname = sys.argv[1]\n" + dataset().replace("'mine'", "name") + "\nrun()\n"
    origins = run_script(files, source, "script.py", "from-the-command-line")
    prepared = pickle.loads(origins.read_bytes())
    (files.folder / "elsewhere").mkdir()
    (files.folder / "elsewhere" / "helper.py").write_text("x = 1\n")
    assert known(files.replayed(prepared)) == ["from-the-command-line"]


def test_what_was_pickled_in_the_script_is_found_in_the_worker(files: Files) -> None:
    source = "class Config:\n    x = 5\n" + dataset() + "\nrun()\npickle_ = __import__('pickle')\n"
    origins = run_script(files, source + "__import__('pathlib').Path('config').write_bytes(pickle_.dumps(Config()))\n")
    then = f"print('CONFIG', pickle.loads(Path({str(files.folder / 'config')!r}).read_bytes()).x)"
    assert "CONFIG 5" in files.replayed(origins, then=then).stdout


def test_a_script_that_is_run_as_a_module_of_its_package(files: Files) -> None:
    files.write("pack/__init__.py", "")
    files.write("pack/helper.py", "x = 1\n")
    files.write("pack/main.py", RUN + "from . import helper\n" + dataset() + "\nrun()\n")
    done = files.run("-m", "pack.main")
    assert done.returncode == 0, done.stderr
    origins = pickle.loads((files.folder / "origins").read_bytes())
    assert [(o.kind, o.package) for o in origins] == [("script", "pack")]
    files.write("elsewhere/pack/__init__.py", "")
    files.write("elsewhere/pack/helper.py", "x = 1\n")
    assert known(files.replayed(origins)) == ["mine"]


def test_what_a_script_registers_after_a_run_cannot_be_repeated(files: Files) -> None:
    origins = run_script(files, dataset("early") + "\nrun()\n" + dataset("late") + "\nrun()\n")
    assert kinds(origins) == ["script", "nothing"] and ran(files) == 2
    assert (files.folder / "unrepeatable").read_text() == "dataset 'late' (registered after a run had been started)"
    assert known(files.replayed(origins)) == ["early"] and ran(files) == 2


def test_what_is_registered_under_the_guard_cannot_be_repeated(files: Files) -> None:
    body = dataset().replace("\n", "\n    ")
    run_script(files, f"\nif __name__ == '__main__':\n    pass\n{body}\n    run()\n")
    assert "'mine' (registered under `if __name__" in (files.folder / "unrepeatable").read_text()


def test_a_main_function_under_the_guard_cannot_be_repeated(files: Files) -> None:
    body = dataset().replace("\n", "\n    ")
    origins = run_script(
        files, f"\ndef main():\n    pass\n{body}\n    run()\n\nif __name__ == '__main__':\n    main()\n"
    )
    assert kinds(origins) == ["nothing"]
    assert known(files.replayed(origins)) == []


def test_what_is_typed_at_a_prompt_cannot_be_repeated(files: Files) -> None:
    done = files.run("-c", RUN + dataset() + "\nrun()\n")
    assert done.returncode == 0, done.stderr
    assert (files.folder / "unrepeatable").read_text() == "dataset 'mine' (registered in an interactive session)"


def test_a_module_that_was_imported(files: Files) -> None:
    files.write("place/mymodule.py", dataset())
    files.write("place/pack/__init__.py", "")
    files.write("place/pack/deep.py", dataset("deep"))
    sys.path.append(str(files.folder / "place"))
    importlib.import_module("mymodule")
    importlib.import_module("pack.deep")
    assert [(o.kind, o.where) for o in registry.origins()] == [("module", "mymodule"), ("module", "pack.deep")]
    assert registry.unrepeatable() == []
    assert known(files.replayed(registry.origins())) == ["mine", "deep"]


def test_a_module_that_starts_a_run_when_imported_does_not_start_it_again(files: Files) -> None:
    files.write("experiment.py", RUN + dataset() + "\nrun()\n")
    origins = run_script(files, "import experiment\n")
    assert kinds(origins) == ["module"] and ran(files) == 1
    done = files.replayed(origins, then="import experiment; print('AGAIN', experiment.build())")
    assert known(done) == ["mine"] and "AGAIN 1" in done.stdout and ran(files) == 1


def test_plugin_files_and_their_helpers(files: Files) -> None:
    files.write("place/helper.py", dataset("from-helper"))
    load_plugin(files.write("place/one.py", dataset("one")))
    load_plugin(files.write("place/two.py", "import helper\n"))
    origins = registry.origins()
    assert {(o.kind, Path(o.where).name) for o in origins} >= {("plugin", "one.py"), ("plugin", "two.py")}
    assert sorted(known(files.replayed(origins))) == ["from-helper", "one"]


def test_a_plugin_that_starts_a_run_does_not_start_it_again(files: Files) -> None:
    file = files.write("plug.py", RUN + dataset() + "\nrun()\n")
    origins = run_script(files, f"from genbench.registry import load_plugin\nload_plugin({str(file)!r})\n")
    assert kinds(origins) == ["plugin"] and ran(files) == 1
    assert known(files.replayed(origins)) == ["mine"] and ran(files) == 1


def test_a_registering_function_of_an_imported_module_belongs_to_the_script_that_calls_it(files: Files) -> None:
    files.write("lib.py", "def give():\n" + dataset().replace("\n", "\n    ") + "\n")
    origins = run_script(files, "import lib\nlib.give()\nrun()\n")
    assert kinds(origins) == ["script"]
    (files.folder / "elsewhere").mkdir()
    (files.folder / "elsewhere" / "lib.py").write_bytes((files.folder / "lib.py").read_bytes())
    assert known(files.replayed(origins)) == ["mine"]


def test_a_script_is_not_executed_for_names_that_are_known(files: Files) -> None:
    origins = run_script(files, "print('ONCE')\n" + dataset() + "run()\n")
    done = files.replayed(origins, then=f"registry.replay(pickle.loads(Path({str(origins)!r}).read_bytes()))")
    assert known(done) == ["mine"] and done.stdout.count("ONCE") == 1


def test_a_runner_of_some_package_is_not_repeated(files: Files) -> None:
    """Whatever starts tests or jobs, with a guard or without: executing it in a worker would start them again."""
    files.write("site-packages/runner.py", "def call(job):\n    job()\n")
    files.write("jobs.py", "def job():\n" + dataset().replace("\n", "\n    ") + "\n")
    source = "import sys\nsys.path.append('site-packages')\nimport runner, jobs\nrunner.call(jobs.job)\nrun()\n"
    assert kinds(run_script(files, source)) == ["nothing"]
    assert "started for something else" in (files.folder / "unrepeatable").read_text()


def test_a_program_that_calls_tests_is_not_repeated() -> None:
    @registry.register_dataset("mine", summary="For a test.")
    def build(*, root=None):
        return 1

    (origin,) = registry.origins()
    assert origin.kind == "nothing" and [one.name for one in origin.names] == ["mine"]


def test_a_file_that_changed_since_is_refused(files: Files) -> None:
    file = files.write("plug.py", dataset(value=1))
    load_plugin(file)
    origins = registry.origins()
    assert known(files.replayed(origins)) == ["mine"]
    files.write("plug.py", dataset(value=2))
    said = refused(files.replayed(origins))
    assert str(file) in said and "'mine'" in said and "start the run again" in said


def test_an_origin_that_does_not_give_its_names_is_refused(files: Files) -> None:
    source = "import os\nif not os.environ.get('HIDDEN'):\n    pass\n" + dataset().replace("\n", "\n    ")
    source = (
        "import os\nif os.path.basename(os.getcwd()) != 'elsewhere':\n    pass\n" + source[source.index("\n    from") :]
    )
    load_plugin(files.write("plug.py", source))
    assert "does not register the dataset 'mine'" in refused(files.replayed(registry.origins()))


@pytest.mark.parametrize("kind", ["module", "script"])
def test_an_origin_that_fails_is_one_sentence_with_the_line(files: Files, kind: str) -> None:
    file = files.write("place/broken.py", "\n1 / 0\n")
    where = "broken" if kind == "module" else str(file)
    given = Origin(kind=kind, where=where, folder=str(file.parent))
    said = refused(files.replayed((given,)))
    assert "ZeroDivisionError" in said and f"{file}, line 2" in said


def test_replaying_twice_executes_once(files: Files) -> None:
    note = files.folder / "note"
    load_plugin(files.write("plug.py", f"with open({str(note)!r}, 'a') as f: f.write('x')\n" + dataset()))
    then = f"registry.replay(pickle.loads(Path({str(files.folder / 'origins.pickle')!r}).read_bytes()))"
    assert known(files.replayed(registry.origins(), then=then)) == ["mine"]
    assert note.read_text() == "xx"  # once here, once there


def test_origins_are_plain_records(files: Files) -> None:
    load_plugin(files.write("plug.py", dataset()))
    assert pickle.loads(pickle.dumps(registry.origins())) == registry.origins()


def test_a_run_ends_a_replay_and_nothing_else() -> None:
    run_begins()
    assert not registry.replaying()
    with registry.run_guard.replay_begins():
        assert registry.replaying()
        with pytest.raises(ReplayEnds):
            run_begins()
    assert not registry.replaying() and not issubclass(ReplayEnds, Exception)
    assert sites._ENDED


def test_a_worker_process_replays_before_it_works(files: Files) -> None:
    note = files.folder / "note"
    load_plugin(files.write("plug.py", f"with open({str(note)!r}, 'a') as f: f.write('x')\n" + dataset()))
    setting = TaskSetting(place=Place.of(files.folder), cache=files.folder)
    config = WorkerConfig(runner="genbench.runs.task:TaskRunner.of", setting=setting, origins=registry.origins())
    command = [sys.executable, "-m", "genbench.executors.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=files.folder) as worker:
        assert worker.stdin is not None and worker.stdout is not None
        worker.stdin.write(frames.packed(0, config))
        worker.stdin.flush()
        frame = frames.read(worker.stdout)
        assert frame is not None and frame.message() == READY
        worker.stdin.close()
    assert worker.returncode == 0
    assert note.read_text() == "xx"


def test_a_plugin_that_cannot_be_had_again_touches_nobody_elses_names(files: Files) -> None:
    """Its names are refused, with the reason, when they are asked for; a worker does everything else."""
    for name in ("good", "changed"):
        load_plugin(files.write(f"{name}.py", dataset(name)))
    (files.folder / "origins").write_bytes(pickle.dumps(registry.origins()))
    files.write("changed.py", dataset("changed", value=2))
    source = """
        import pickle
        from pathlib import Path
        from genbench import registry
        from genbench.core.errors import UsageError
        registry.replay(pickle.loads(Path("origins").read_bytes()))
        print("GOOD", registry.datasets.get("good").load()())
        try:
            registry.datasets.get("changed")
        except UsageError as error:
            print("REFUSED", error)
    """
    done = files.run("-c", textwrap.dedent(source))
    good, changed = done.stdout.splitlines()
    assert good == "GOOD 1" and "changed.py is not what it was" in changed, done.stderr
