"""What is borrowed from other libraries is still there and does what we borrow it for: one canary for each name of
seams/.

A canary that fails names the library that has moved; what then breaks is said where the name stands.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from autograder.seams import (
    dask_internals,
    jsonschema_internals,
    jupyter_internals,
    nbgrader_internals,
    pytest_internals,
    torch_internals,
    wordings,
)

ROOT = Path(__file__).resolve().parents[1]
SEAMS = ROOT / "autograder" / "seams"
LOGGING = "distributed.logging.distributed"
BORROWED = (
    "_pytest",
    "torch._",
    "torch.utils._",
    "torch.ops",
    "torch.autograd.variable",
    "nbgrader.utils",
    "rfc3987_syntax",
    "jsonschema._",
    "distributed.worker",
    "IPython",
    "ipykernel",
    "sqlalchemy.orm",
)


# torch


def test_torch_wrapper_subclasses_are_made_as_before():
    class Elsewhere(torch.Tensor):
        __torch_function__ = torch_internals.NO_TORCH_FUNCTION

        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            return str(func)

    strides, meta = (4, 1), torch.device("meta")
    made = torch_internals.make_wrapper(Elsewhere, (2, 3), strides, 1, dtype=torch.float64, device=meta)
    assert (type(made), made.shape, made.stride(), made.storage_offset()) == (Elsewhere, (2, 3), strides, 1)
    assert (made.dtype, made.device) == (torch.float64, meta)


def test_torch_sends_the_operations_of_a_class_without_torch_function_straight_to_its_dispatch():
    class Noted(torch.Tensor):
        __torch_function__ = torch_internals.NO_TORCH_FUNCTION
        seen: list[str] = []  # noqa: RUF012

        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            cls.seen.append(str(func))
            return torch.zeros(())

    torch.add(torch_internals.make_wrapper(Noted, (2,), (1,), 0, dtype=torch.float32, device=torch.device("meta")), 1)
    assert Noted.seen == ["aten.add.Tensor"]


def test_torch_dispatch_modes_see_each_operation_by_its_name():
    class Seeing(torch_internals.Mode):
        def __init__(self):
            super().__init__()
            self.seen = []

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.seen.append(func)
            return func(*args, **(kwargs or {}))

    with Seeing() as mode:
        torch.zeros(3).copy_(torch.ones(3)).mul(2)
    assert [str(one) for one in mode.seen] == [
        "aten.zeros.default",
        "aten.ones.default",
        "aten.copy_.default",
        "aten.mul.Tensor",
    ]
    assert mode.seen[2] is torch_internals.COPY


def test_a_mode_that_is_on_is_known():
    assert not torch_internals.is_watched()
    with torch_internals.Mode():
        assert torch_internals.is_watched()
    with torch_internals.fake_tensors():
        assert torch_internals.is_watched()
    assert not torch_internals.is_watched()


def test_torch_dispatch_modes_ask_whether_to_skip_the_compiler():
    """In a fresh process, since here someone may have imported it."""
    seen = run_python("""
        import sys
        from autograder.authoring.watch import Operations
        import torch
        with Operations() as operations:
            torch.ones(2) + 1
        print(operations.seen, "torch._dynamo" in sys.modules)
    """)
    assert seen == "['ones.default', 'add.Tensor'] False"


def test_torch_forward_differentiation_makes_its_zeros_by_the_operation_that_is_refused():
    assert str(torch_internals.ZERO_TANGENT) == "aten._efficientzerotensor.default"
    assert torch_internals.ZERO_TANGENT([2])._is_zerotensor()


def test_torch_tree_leaves_go_into_lists_tuples_and_dicts():
    assert torch_internals.tree_leaves(([1, (2,)], {"a": 3})) == [1, 2, 3]


@pytest.mark.parametrize(
    "derive",
    [
        lambda x: x.sum().backward(),
        lambda x: torch.autograd.grad(x.sum(), x),
        lambda x: torch.func.grad(torch.sum)(x),
        lambda x: torch.func.jvp(torch.sin, (x,), (torch.ones(2),)),
    ],
    ids=["backward", "grad", "func.grad", "jvp"],
)
def test_torch_looks_its_engine_up_where_it_is_watched(derive):
    engine, dual = torch.autograd.Variable._execution_engine, torch.autograd.forward_ad.make_dual
    with torch_internals.Derivatives() as derivatives:
        derive(torch.ones(2, requires_grad=True))
    assert derivatives.seen
    assert (torch.autograd.Variable._execution_engine, torch.autograd.forward_ad.make_dual) == (engine, dual)


def test_torch_engine_is_given_back_when_the_watched_function_fails():
    engine, dual = torch.autograd.Variable._execution_engine, torch.autograd.forward_ad.make_dual
    with pytest.raises(ZeroDivisionError), torch_internals.Derivatives():
        raise ZeroDivisionError
    assert (torch.autograd.Variable._execution_engine, torch.autograd.forward_ad.make_dual) == (engine, dual)


def test_torch_modules_of_fake_tensors_can_be_moved_and_others_are_torchs_again():
    before = torch.nn.Module._apply
    with torch_internals.fake_tensors():
        moved = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 1), torch.nn.BatchNorm2d(3)).to("cuda", torch.float64)
        kept = {name: (value.device.type, value.dtype) for name, value in moved.state_dict().items()}
        out = moved(torch.empty(1, 2, 4, 4, device="cuda", dtype=torch.float64))
    assert out.device.type == "cuda"
    assert kept.pop("1.num_batches_tracked") == ("cuda", torch.int64)
    assert set(kept.values()) == {("cuda", torch.float64)}
    assert all(one.requires_grad for one in moved.parameters())
    assert torch.nn.Module._apply is before


def test_torch_fake_tensors_lie_on_a_gpu_where_there_is_none():
    with torch_internals.fake_tensors():
        made = torch.empty_strided((2, 3), (3, 1), device="cuda")
        assert (made + 1).device.type == "cuda"


def test_torch_imports_what_it_imports_late_before_the_first_optimiser():
    torch_internals.prepare()
    before = set(sys.modules)
    torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.1)
    assert not {one for one in set(sys.modules) - before if one.startswith("torch._dynamo")}


# Wordings of torch's and numpy's


def too_much_of_torch():
    torch.empty(1 << 60, dtype=torch.uint8)


def too_much_of_numpy():
    np.empty(1 << 60, dtype=np.uint8)


@pytest.mark.parametrize("take", [too_much_of_torch, too_much_of_numpy])
def test_torch_and_numpy_say_in_the_same_words_that_there_is_no_memory(take):
    with pytest.raises((RuntimeError, MemoryError)) as problem:
        take()
    assert wordings.says_out_of_memory(str(problem.value))
    assert not wordings.says_out_of_memory("list index out of range")


@pytest.mark.parametrize(
    "mix", [lambda x, y: x + y, lambda x, y: x @ y, lambda x, y: torch.cat([x, y])], ids=["add", "matmul", "cat"]
)
def test_torch_says_in_the_same_words_that_two_devices_met(mix):
    with torch_internals.fake_tensors(), pytest.raises(RuntimeError) as problem:
        mix(torch.empty(2, 2, device="cuda"), torch.empty(2, 2))
    assert wordings.says_two_devices(str(problem.value))


def test_torch_says_in_the_same_words_that_a_wrapped_tensor_has_no_array():
    from autograder.authoring.pretend import Labelled

    with pytest.raises(RuntimeError) as problem:
        Labelled(torch.ones(2)).numpy()
    assert wordings.refuses_numpy(str(problem.value))


# pytest


FILE_OF_TESTS = """
import pytest
ran = []

@pytest.fixture
def up():
    ran.append("up")
    yield
    ran.append("down")

@pytest.mark.parametrize("n", [7])
def test_with(up, n): ran.append(n)

def test_without(): pass
"""


class Runner:
    """Collects, and does in place of pytest's loop what it is told."""

    def __init__(self, work):
        self.work, self.items = work, []

    def pytest_collection_modifyitems(self, items):
        self.items = list(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self.found = self.work(self.items)
        return True


def in_pytest(tmp_path, work):
    path = tmp_path / "test_of_a_canary.py"
    path.write_text(FILE_OF_TESTS)
    runner, finders = Runner(work), list(sys.meta_path)
    try:
        pytest.main(
            [
                str(path),
                "-c",
                str(ROOT / "autograder" / "checking" / "checks.ini"),
                "--rootdir",
                str(tmp_path),
                "--import-mode=importlib",
                "--noconftest",
                "--disable-plugin-autoload",
                "-p",
                "no:terminal",
                "-p",
                "no:cacheprovider",
            ],
            plugins=[runner],
        )
    finally:
        sys.meta_path[:] = finders
        sys.modules.pop(path.stem, None)
    return runner.found


def test_pytest_runs_one_test_with_its_fixtures_as_often_as_asked(tmp_path):
    def twice(items):
        for _ in range(2):
            pytest_internals.run_whole_protocol(items[0])
        return items[0].module.ran

    assert in_pytest(tmp_path, twice) == ["up", 7, "down"] * 2


def test_pytest_keeps_a_tests_parameters_where_they_were(tmp_path):
    found = in_pytest(tmp_path, lambda items: [dict(pytest_internals.parameters_of(one)) for one in items])
    assert found == [{"n": 7}, {}]


# nbgrader


def test_nbgrader_asks_for_the_text_of_a_solution_region():
    from nbformat.v4 import new_code_cell

    class Ours(nbgrader_internals.ClearRegions):
        def replaced(self, cell):
            return "to be written" if "SECRET" in cell.source else None

    metadata = {
        "nbgrader": {
            "solution": True,
            "grade": False,
            "locked": False,
            "task": False,
            "grade_id": "f",
            "schema_version": 3,
        }
    }
    ours = new_code_cell("SECRET", metadata=metadata)
    theirs = new_code_cell("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", metadata=metadata)
    for cell in (ours, theirs):
        Ours().preprocess_cell(cell, {"language": "python"}, 0)
    assert ours.source == "to be written"
    assert "NotImplementedError" in theirs.source


def test_nbgrader_keeps_its_converter_above_the_exporter_and_its_preprocessors():
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import NbGraderPreprocessor

    folder = CourseDirectory()
    converter = Autograde(coursedir=folder)
    exporter = converter.exporter_class(parent=converter)
    assert nbgrader_internals.coursedir_of(exporter) is folder
    exporter.register_preprocessor(NbGraderPreprocessor, enabled=True)
    assert nbgrader_internals.coursedir_of(exporter._preprocessors[-1]) is folder


def test_nbgrader_ends_its_batch_at_an_interrupt_and_at_nothing_less():
    """Anything that is an Exception is caught for each student, and the next one is graded."""
    from nbgrader.converters.base import BaseConverter

    tree = ast.parse(dedent(inspect.getsource(BaseConverter.convert_notebooks)))
    handlers = [one for one in ast.walk(tree) if isinstance(one, ast.ExceptHandler)]
    caught = {ast.unparse(one.type): any(isinstance(part, ast.Raise) for part in ast.walk(one)) for one in handlers}
    assert caught["KeyboardInterrupt"] is True
    assert caught["Exception"] is False
    assert issubclass(nbgrader_internals.Stopped, KeyboardInterrupt)


def test_python_ends_with_the_status_that_stopped_a_batch():
    program = "from autograder.seams.nbgrader_internals import Stopped; raise Stopped(3)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 3


def test_nbgrader_gives_what_a_converter_logged_and_how_it_failed():
    import logging

    class Failing:
        log = logging.getLogger("a converter of a canary")

        def start(self):
            self.log.error("no such chapter")
            raise SystemExit(1)

    said = nbgrader_internals.run_logged(Failing())
    assert "no such chapter" in said
    assert "SystemExit" in said
    assert nbgrader_internals.run_logged(SimpleNamespace(log=Failing.log, start=lambda: None)) is None


@pytest.fixture
def gradebook():
    from nbgrader.api import Gradebook

    with nbgrader_internals.own_alembic(), Gradebook("sqlite:///:memory:") as book:
        yield book


def test_nbgrader_commits_by_the_one_method_that_a_transaction_holds_back(gradebook):
    def fail_half_way():
        with nbgrader_internals.one_transaction(gradebook):
            gradebook.add_student("ada")
            assert [one.id for one in gradebook.students] == ["ada"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert gradebook.students == []
    with nbgrader_internals.one_transaction(gradebook):
        gradebook.add_student("ada")
    gradebook.db.rollback()
    assert [one.id for one in gradebook.students] == ["ada"]


def test_nothing_of_a_transaction_stays_on_the_gradebooks_session(gradebook):
    for problem in (None, ZeroDivisionError()):
        before = dict(vars(gradebook.db))
        try:
            with nbgrader_internals.one_transaction(gradebook):
                if problem:
                    raise problem
        except ZeroDivisionError:
            pass
        assert vars(gradebook.db) == before


def test_nbgrader_finds_alembic_in_an_environment_that_is_not_activated(monkeypatch, tmp_path):
    from nbgrader.api import Gradebook

    monkeypatch.setenv("PATH", str(tmp_path))
    with nbgrader_internals.own_alembic(), Gradebook(f"sqlite:///{tmp_path}/new.db") as book:
        assert book.students == []
    with pytest.raises(FileNotFoundError):
        Gradebook(f"sqlite:///{tmp_path}/second.db")


# IPython, ipykernel and jsonschema


def test_ipykernel_is_imported_before_a_cell_runs_and_a_plain_process_is_no_kernel():
    assert run_python("from autograder.seams.jupyter_internals import in_kernel; print(in_kernel())") == "False"
    assert (
        run_python(
            "import ipykernel.ipkernel; from autograder.seams.jupyter_internals import in_kernel; print(in_kernel())"
        )
        == "True"
    )


def test_ipython_gives_its_shell_and_the_names_of_its_cells():
    seen = run_python("""
        from autograder.seams.jupyter_internals import notebook_name, shell
        before = shell()
        from IPython.core.interactiveshell import InteractiveShell
        InteractiveShell.instance().run_cell('x = 3; __vsc_ipynb_file__ = "/notes/knn.ipynb"')
        print(before, shell().user_ns["x"], notebook_name())
    """)
    assert seen == "None 3 knn"


def test_ipython_keeps_what_was_typed_where_python_looks_for_lines():
    seen = run_python("""
        import linecache
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        shell.run_cell("def f(x):\\n    return x + 1\\n", store_history=True)
        print(linecache.getlines(shell.user_ns["f"].__code__.co_filename)[1].strip())
    """)
    assert seen == "return x + 1"


def test_ipython_tells_of_each_cell_that_ran_also_of_one_that_does_not_parse():
    seen = run_python("""
        from IPython.core.interactiveshell import InteractiveShell
        from autograder.seams import jupyter_internals
        shell = InteractiveShell.instance()
        told = []
        jupyter_internals.watch_cells(lambda *one: told.append(one))
        for text in ("x = 1", "1 / 0", "x = ("):
            shell.run_cell(text, store_history=True, cell_id=f"id of {text}")
        print()
        print([(text, name, type(problem).__name__, was_read) for text, name, problem, was_read in told])
    """).splitlines()[-1]
    assert seen == str(
        [
            ("x = 1", "id of x = 1", "NoneType", True),
            ("1 / 0", "id of 1 / 0", "ZeroDivisionError", True),
            ("x = (", "id of x = (", "SyntaxError", False),
        ]
    )


def test_ipython_says_that_a_cell_is_about_to_run():
    seen = run_python("""
        from IPython.core.interactiveshell import InteractiveShell
        from autograder.seams import jupyter_internals
        shell = InteractiveShell.instance()
        jupyter_internals.before_cells(lambda: print("before"))
        shell.run_cell("print('the cell')")
    """).splitlines()
    assert seen == ["before", "the cell"]


def test_ipython_shows_something_else_in_place_of_a_traceback_where_it_is_given():
    seen = run_python("""
        from IPython.core.interactiveshell import InteractiveShell
        from autograder.seams import jupyter_internals
        shell = InteractiveShell.instance()
        given = lambda problem: "a card" if "mine" in str(problem) else None
        jupyter_internals.show_instead(KeyError, given, lambda card: print(f"shown: {card}"))
        done = [shell.run_cell(text) for text in ("raise KeyError('mine')", "raise KeyError('other')", "1 / 0")]
        print([one.success for one in done])
    """)
    assert "shown: a card" in seen
    assert seen.count("Traceback") == 2
    assert seen.endswith("[False, False, False]")


def test_ipython_updates_what_it_has_shown():
    seen = run_python("""
        from IPython.core.interactiveshell import InteractiveShell
        from IPython.core.displaypub import CapturingDisplayPublisher
        from autograder.seams import jupyter_internals
        shell = InteractiveShell.instance()
        shell.display_pub = CapturingDisplayPublisher()
        jupyter_internals.show_for_now("busy")()
        first, second = shell.display_pub.outputs
        print(first["data"]["text/plain"], repr(second["data"]["text/plain"]), second["update"],
              first["transient"] == second["transient"])
    """)
    assert seen == "'busy' '' True True"


def test_jupyters_server_names_a_notebook_for_its_kernel(monkeypatch):
    """The variable is a word of the server's: its own source is asked."""
    from jupyter_server.services.sessions import sessionmanager

    assert "JPY_SESSION_NAME" in inspect.getsource(sessionmanager)
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/01_classification/knn.ipynb")
    assert jupyter_internals.notebook_name() == "knn"
    assert jupyter_internals.notebook_path() == Path("/home/ada/01_classification/knn.ipynb")


def test_jsonschema_does_without_the_grammar_that_it_is_refused():
    seen = run_python("""
        import sys
        from autograder.seams.jsonschema_internals import without_uri_grammar
        with without_uri_grammar():
            import jupytext
        import jsonschema
        print("rfc3987_syntax" in sys.modules, jsonschema.validate(1, {"type": "integer"}))
    """)
    assert seen == "False None"


def test_jsonschema_is_refused_nothing_that_is_there_already(monkeypatch):
    there = SimpleNamespace()
    monkeypatch.setitem(sys.modules, jsonschema_internals.GRAMMAR, there)
    with jsonschema_internals.without_uri_grammar():
        assert sys.modules[jsonschema_internals.GRAMMAR] is there
    assert sys.modules[jsonschema_internals.GRAMMAR] is there


# Dask


@pytest.mark.parametrize("name", [*sorted(dask_internals.QUIET.keys() - {LOGGING}), dask_internals.ALLOWED_FAILURES])
def test_dask_knows_each_setting_by_its_name(name):
    import dask
    import distributed  # noqa: F401  (brings its own)

    missing = object()
    assert dask.config.get(name, default=missing) is not missing


def test_dask_looks_for_the_levels_of_its_loggers_where_they_are_set():
    import dask.config
    from distributed.config import _find_logging_config

    with dask.config.set({LOGGING: dask_internals.QUIET[LOGGING]}):
        assert _find_logging_config(dask.config.config)["logging"] == {"distributed": "error"}


def test_dask_numbers_its_workers_and_tells_of_all_of_them():
    from distributed import Client, LocalCluster, WorkerPlugin

    class Numbered(WorkerPlugin):
        name = "numbered"

        def __init__(self):
            self.seen = []

        def setup(self, worker):
            self.seen.append(dask_internals.number_of_worker(worker))

    plugin = Numbered()
    with (
        LocalCluster(
            n_workers=7,
            threads_per_worker=1,
            processes=False,
            dashboard_address="127.0.0.1:0",
            plugins=(plugin,),
            resources={"GPU": 1},
        ) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(7)
        assert dask_internals.resources_of_workers(client) == [{"GPU": 1}] * 7
    assert sorted(plugin.seen) == list(range(7))


# The house


def test_only_seams_borrow():
    """Elsewhere nobody imports or mentions a private name of another library, and seams import nothing of ours."""
    outside = [path for path in (ROOT / "autograder").rglob("*.py") if SEAMS not in path.parents]
    for path in outside:
        borrowed = [
            name
            for name in _mentioned(path)
            for word in BORROWED
            if name == word or name.startswith((word, f"{word}."))
        ]
        assert not borrowed, f"{path.relative_to(ROOT)} uses {borrowed}: let it borrow in autograder/seams"
    for path in SEAMS.glob("*.py"):
        assert not [name for name in _imported(path) if name.startswith(("autograder", "coursekit"))], path.name


def test_each_borrowed_name_is_tried_here():
    """Canaries ask for a seam's names as attributes of its module."""
    tried = {
        ast.unparse(node) for node in ast.walk(ast.parse(Path(__file__).read_text())) if isinstance(node, ast.Attribute)
    }
    in_processes_of_their_own = ("in_kernel", "shell", "before_cells", "watch_cells", "show_instead", "show_for_now")
    tried |= {f"jupyter_internals.{name}" for name in in_processes_of_their_own}
    for path in SEAMS.glob("[a-z]*.py"):
        offered = [
            node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef | ast.FunctionDef)
        ]
        untried = {f"{path.stem}.{name}" for name in offered if not name.startswith("_")} - tried
        assert not untried, f"no canary for {untried}"


def _imported(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def _mentioned(path: Path) -> list[str]:
    dotted = [ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    return [*_imported(path), *dotted]


def run_python(program: str) -> str:
    command = [sys.executable, "-c", inspect.cleandoc(program)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
