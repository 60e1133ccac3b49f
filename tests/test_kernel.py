"""What a student sees in a real kernel: cells that were not run, changed or do not parse, and checks that take long."""

from __future__ import annotations

import json
import shutil
import time

import pytest

from autograder.live import journal
from tests.kernel import Kernel

SETUP = "import torch\nfrom autograder import check, failing"
MEANS = "def row_means(x):\n    return x.mean(dim=1)"
SUMS = "def row_means(x):\n    return x.sum(dim=1)"
CHECK = 'check("row_means")'


@pytest.fixture(scope="module")
def shared(tiny_course, tmp_path_factory):
    """A student's copy of the course and one kernel for all tests: a start takes seconds."""
    top = tmp_path_factory.mktemp("seat") / "course"
    shutil.copytree(tiny_course / "course", top, ignore=shutil.ignore_patterns(".progress*"))
    kernel = Kernel(top / "01_toy/toy.ipynb")
    yield kernel
    kernel.close()


@pytest.fixture
def kernel(shared, tiny_course):
    """A kernel that has forgotten every cell, beside a notebook as it was released and no record of progress."""
    shutil.copy(tiny_course / "course/01_toy/toy.ipynb", shared.notebook)
    for kept in shared.notebook.parents[1].glob(".progress*"):
        kept.unlink()
    shared.run("%reset -f")
    shared.run("from autograder.live import ran, patience\nran.cells.clear()\npatience.AFTER = 10.0")
    shared.run(SETUP)
    return shared


def save(kernel: Kernel, **sources: str) -> None:
    """Write texts into exercises' cells of the file, as saving does."""
    book = json.loads(kernel.notebook.read_text())
    for cell in book["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = sources.get(name, cell["source"])
    time.sleep(0.05)  # a file's time is coarser than the clock
    kernel.notebook.write_text(json.dumps(book))


def id_of(kernel: Kernel, name: str) -> str:
    cells = json.loads(kernel.notebook.read_text())["cells"]
    return next(cell["id"] for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def won(kernel: Kernel) -> journal.Entry | None:
    return journal.read(kernel.notebook.parents[1]).entry("01_toy/toy", "row_means")


def test_after_a_restart_the_card_says_that_the_cell_has_not_been_run_and_nothing_is_lost(kernel):
    kernel.run(MEANS)
    assert kernel.run(CHECK).text == "✓ row_means: passed, 2 of 2 points"
    kernel.restart()
    kernel.run(SETUP)
    shown = kernel.run(CHECK)
    assert shown.text == (
        "○ row_means: the cell above has not been run, 0 of 2 points\n\n"
        "  row_means is not defined. Run the cell above that defines it, then this one. "
        "A restarted kernel has forgotten every cell.\n\n"
        "  What you have won stays: 2 of 2 points."
    )
    assert "#8a8a8a" in shown.html, "grey, as what is still to do"
    assert (won(kernel).outcome, len(won(kernel).attempts)) == ("passed", 1)


def test_a_helper_in_a_cell_that_was_not_run_is_named_and_one_that_nobody_wrote_is_an_error(kernel):
    save(kernel, Scaler="def halve(x):\n    return x / 2")
    kernel.run("def row_means(x):\n    return halve(2 * x.mean(dim=1))")
    shown = kernel.run(CHECK).text
    assert "○ row_means: the cell above has not been run" in shown
    assert "halve is not defined. Run the cell above that defines it" in shown
    kernel.run("def row_means(x):\n    return havle(2 * x.mean(dim=1))")
    assert "✗ row_means: stopped with an error" in kernel.run(CHECK).text


def test_a_text_that_does_not_parse_leaves_an_older_function_and_the_card_says_so(kernel):
    cell = id_of(kernel, "row_means")
    kernel.run(MEANS, cell)
    assert "An older" not in kernel.run(CHECK).text
    kernel.run("def row_means(x):\n    return x.mean(dim=1", cell)
    shown = kernel.run(CHECK)
    assert "An older row_means was checked: when its cell was last run, Python could not read it" in shown.text
    assert "SyntaxError in line 2" in shown.text
    assert "An older row_means was checked" in shown.html
    kernel.run(MEANS, cell)
    assert "An older" not in kernel.run(CHECK).text


def test_a_cell_that_stopped_before_its_function_leaves_an_older_one(kernel):
    kernel.run(MEANS)
    kernel.run(f"1 / 0\n{SUMS}")
    assert "it stopped before row_means (ZeroDivisionError)" in kernel.run(CHECK).text
    kernel.run(f"{SUMS}\n1 / 0")
    assert "An older" not in kernel.run(CHECK).text


@pytest.mark.parametrize("named", [True, False], ids=["cells have ids", "cells have none"])
def test_a_text_that_was_changed_and_saved_after_its_run_is_said(kernel, named):
    cell = id_of(kernel, "row_means") if named else ""
    save(kernel, row_means=SUMS)
    kernel.run(MEANS, cell)
    assert "An older" not in kernel.run(CHECK).text, "an older file says nothing about a newer run"
    save(kernel, row_means=MEANS)
    assert "An older" not in kernel.run(CHECK).text
    save(kernel, row_means=SUMS)
    shown = kernel.run(CHECK).text
    assert "An older row_means was checked: the text of its cell has been changed since it was run" in shown
    assert "passed, 2 of 2" in shown


def test_an_answer_in_a_cell_of_the_students_own_is_not_taken_for_an_older_one(kernel):
    kernel.run(MEANS)
    save(kernel, Scaler="class Scaler: ...")  # saved later, with the stub of row_means as it was
    assert "An older" not in kernel.run(CHECK).text


SLEEPS = "import time\ndef row_means(x):\n    time.sleep(1000)"
LOOPS = "def row_means(x):\n    while True: pass"


@pytest.mark.parametrize("text", [LOOPS, SLEEPS], ids=["loops", "sleeps"])
def test_a_check_that_goes_on_says_so_and_how_to_stop_it_and_stops(kernel, text):
    kernel.run("import autograder.live.patience as patience\npatience.AFTER = 0.5")
    kernel.run(text)
    seen = []

    def look(shown):
        if "goes on. To stop it press the square" in shown.text and not seen:
            seen.append(shown.text)
            kernel.interrupt()

    shown = kernel.run(CHECK, look=look)
    assert "has been running for 0.5 seconds" in seen[0]
    assert "row_means: stopped" in shown.text
    assert "goes on" not in shown.text, "the notice is taken away at the end"
    assert shown.errors == []
    kernel.run(MEANS)
    assert "passed" in kernel.run(CHECK).text


def test_a_pass_that_is_slower_than_grading_allows_says_so(kernel):
    kernel.run("import sys, time\nfrom dataclasses import replace\nlive = sys.modules['autograder.live.check']")
    kernel.run("allowed = live.DEFAULTS\nlive.DEFAULTS = replace(allowed, call_seconds=0.2)")
    kernel.run("def row_means(x):\n    time.sleep(0.6)\n    return x.mean(dim=1)")
    shown = kernel.run(CHECK).text
    assert "passed, 2 of 2 points" in shown
    assert "One call took 1 seconds. When your work is graded a call may take 0.2: make it faster." in shown
    kernel.run(MEANS)
    assert "One call" not in kernel.run(CHECK).text
    kernel.run("live.DEFAULTS = allowed")


def test_a_kernel_that_runs_for_its_outputs_alone_says_nothing_of_its_speed(kernel):
    kernel.run("import os, sys\nfrom dataclasses import replace\nos.environ['AUTOGRADER_UNTIMED'] = '1'")
    kernel.run("live = sys.modules['autograder.live.check']\nallowed = live.DEFAULTS")
    kernel.run("live.DEFAULTS = replace(allowed, call_seconds=0.2)\npatience.AFTER = 0.1")
    kernel.run("import time\ndef row_means(x):\n    time.sleep(0.6)\n    return x.mean(dim=1)")
    seen = []
    shown = kernel.run(CHECK, look=lambda now: seen.append(now.text)).text
    assert "passed, 2 of 2 points" in shown
    assert not any("goes on" in text or "One call took" in text for text in [*seen, shown])
    kernel.run("live.DEFAULTS = allowed\ndel os.environ['AUTOGRADER_UNTIMED']")


STUB = (
    'def row_means(x):\n    # YOUR CODE HERE\n    raise NotImplementedError("row_means: Return the mean of each row.")'
)


def test_a_cell_that_meets_a_stub_shows_what_to_write_and_no_traceback_and_has_failed(kernel):
    kernel.run(STUB)
    shown = kernel.run("def plot():\n    return row_means(torch.ones(2, 3))\n\nplot()")
    assert shown.text == (
        "○ This cell waits for row_means, which is not written yet\n"
        "  To write: row_means: Return the mean of each row.\n"
        "  Then run that cell, its check, and this one."
    )
    assert "ks-unwritten" in shown.html
    assert shown.errors == []
    assert shown.status == "error", "what runs the notebook from top to bottom stops here"


def test_any_other_exception_keeps_its_traceback(kernel):
    for text in ("1 / 0", "raise NotImplementedError('nobody: here')", "torch.ones(2).to_mkldnn().topk(1)"):
        shown = kernel.run(text)
        assert len(shown.errors) == 1, text
        assert "waits for" not in shown.text


PROMISING = (
    'def row_means(x):\n    """Return means.\n\n    On any device; the inputs stay\n    as they are.\n    """\n    '
)
IN_PLACE = f"{PROMISING}x -= x.mean(dim=1, keepdim=True)\n    return x.sum(dim=1)"


def test_a_cell_in_which_an_answer_changes_its_input_says_which_and_how_to_have_the_data_back(kernel):
    kernel.run("class Data: pass\ndata = Data()\ndata.x = torch.eye(4)\ny = torch.eye(4)")
    kernel.run(IN_PLACE)
    shown = kernel.run("def plot(f):\n    return f(data.x[:2]).sum().item()\n\nplot(row_means)")
    assert shown.outputs[0]["text/plain"].strip("-") == "0.0", "the cell's own answer is there"
    assert shown.outputs[1]["text/plain"] == (
        "! row_means changes its input x\n"
        "  Its description says that the inputs stay as they are. Let it work on a copy, such as x.clone(), or make a "
        "new tensor.\n"
        "  What this notebook has in data.x is no longer what it was. When row_means is mended, run the cell with "
        "`data = Data()` again, and what follows."
    )
    assert "ks-card" in shown.outputs[1]["text/html"]
    assert kernel.run("row_means(torch.eye(3)).tolist()").outputs[-1]["text/plain"].count("\n") == 1, "a passing tensor"


def test_what_gives_its_input_back_as_it_was_and_what_promises_nothing_is_said_nothing_of(kernel):
    kernel.run("x = torch.rand(3, 4)")
    nudged = f"{PROMISING}x += 1\n    means = x.mean(dim=1) - 1\n    x.copy_(before)\n    return means"
    kernel.run("before = x.clone()")
    for text in (nudged, "def row_means(x):\n    return x.zero_().sum(dim=1)"):
        kernel.run(text)
        assert "changes its input" not in kernel.run("row_means(x)").text


def test_a_method_that_changes_its_input_is_named_and_its_own_state_is_its_own(kernel):
    kernel.run(
        'class Scaler:\n    """Scale; the inputs stay as they are."""\n    def fit(self, x):\n        self.n += 1'
        "\n    def transform(self, x):\n        return x.sub_(1)\nscaler, z = Scaler(), torch.ones(2)\nscaler.n = 0"
    )
    shown = kernel.run("scaler.fit(z)\nscaler.transform(z)").text
    assert "! Scaler.transform changes its input x\n" in shown
    assert "has in z is" in shown


def test_an_object_that_can_be_called_keeps_its_attributes_and_its_method_is_still_watched(kernel):
    kernel.run(
        'class Block(torch.nn.Module):\n    """Shift; the inputs stay as they are."""\n    def forward(self, x):\n'
        "        return x.sub_(1)\nblock, z = Block(), torch.ones(2)"
    )
    assert kernel.run("print(len([*block.named_parameters()]), type(block).__name__)").text == "0 Block\n"
    assert "! Block.forward changes its input x\n" in kernel.run("block(z)").text


def test_a_check_and_a_later_cell_meet_the_function_itself_and_not_its_guard(kernel):
    kernel.run(f"{PROMISING}return x.mean(dim=1)\nown = row_means")
    assert "passed, 2 of 2 points" in kernel.run(CHECK).text
    assert kernel.run("print(row_means.__name__, row_means.__doc__ == own.__doc__)").text == "row_means True\n"
    seen = kernel.run("import autograder.live.here as here\nhere.names_here()['row_means'] is own").text
    assert seen == "True"


def test_the_functions_that_one_uses_are_the_ones_that_are_named_and_what_they_alone_see_is_not(kernel):
    kernel.run(IN_PLACE)
    kernel.run(f"{PROMISING.replace('row_means', 'outer')}return row_means(x)\nz = torch.eye(3)")
    assert "! row_means changes its input x" in kernel.run("outer(z)").text
    kernel.run(f"{PROMISING.replace('row_means', 'outer')}return row_means(x.clone())")
    assert "changes its input" not in kernel.run("outer(z)").text


def test_the_card_says_how_to_have_the_arguments_and_failing_gives_them(kernel):
    kernel.run(SUMS)
    assert 'failing("row_means") gives you these arguments' in kernel.run(CHECK).text
    assert (
        kernel.run('case = failing("row_means")\nprint(torch.equal(row_means(*case.args), case.came))').text == "True\n"
    )
    assert "row_means(*case.args)" in kernel.run("case").text
    assert "of the failed tests of the last check" in kernel.run('failing("row_means", 99)').text
    assert 'run check("Scaler") first' in kernel.run('failing("Scaler")').text


COLUMNS = "def row_means(x):\n    return x.mean(dim=0)"
POWERS = "def row_means(x):\n    return x.pow({}).sum(dim=1)"
HINTED = "These are the sums of the rows: divide by their length."
TO_COME = "If your next answer is not right either, a hint comes with it."


def put_hints(kernel: Kernel, count: int) -> None:
    """Write hints that unfold into the text above row_means."""
    book = json.loads(kernel.notebook.read_text())
    place = next(at for at, one in enumerate(book["cells"]) if one["metadata"].get("nbgrader", {}).get("solution"))
    hints = "\n".join(f"<details><summary>Hint {one + 1}</summary>\n\nText.\n\n</details>" for one in range(count))
    cell = {"cell_type": "markdown", "id": "hints", "metadata": {}, "source": hints}
    book["cells"].insert(place, cell)
    kernel.notebook.write_text(json.dumps(book))


def answered(kernel: Kernel, text: str) -> str:
    kernel.run(text)
    return kernel.run(CHECK).text


def test_the_first_wrong_answer_shows_what_differs_and_the_second_gets_the_hint(kernel):
    put_hints(kernel, 2)
    first = answered(kernel, SUMS)
    assert "came:     " in first
    assert "Hint:" not in first
    assert TO_COME in first
    assert "Hint:" not in kernel.run(CHECK).text, "the same answer again is no second one"
    assert "Hint:" not in answered(kernel, SUMS), "nor is the same text run again"
    second = answered(kernel, COLUMNS)
    assert "Hint: These are the means of the columns" in second
    assert TO_COME not in second
    assert f"Hint: {HINTED}" in answered(kernel, SUMS), "what was reached stays"
    assert "Hint:" not in answered(kernel, MEANS)
    assert "Hint:" not in answered(kernel, COLUMNS), "after a pass it begins anew"


def test_where_no_mistake_is_recognised_the_notebooks_own_hints_are_pointed_to_one_by_one(kernel):
    put_hints(kernel, 2)
    shown = [answered(kernel, POWERS.format(power)) for power in (3, 4, 5, 6)]
    assert TO_COME in shown[0]
    assert "Open" not in shown[0]
    assert "Hint: Open “Hint 1” above the cell." in shown[1]
    for one in shown[2:]:
        assert "Hint: Open “Hint 2” above the cell: it goes furthest." in one
        assert "Run your lines on them one by one, and print what each gives." in one
    assert "one by one" not in shown[1]


def test_the_third_wrong_answer_gets_the_hint_of_its_mistake_and_the_notebooks_outline(kernel):
    put_hints(kernel, 3)
    answered(kernel, POWERS.format(3))
    assert "Open" not in answered(kernel, COLUMNS), "a recognised mistake has its own hint"
    third = answered(kernel, SUMS)
    assert f"Hint: {HINTED} " in third
    assert ". Open “Hint 2” above the cell.\n" in third
    assert "Open “Hint 3” above the cell: it goes furthest." in answered(kernel, POWERS.format(4))


def test_nothing_is_promised_where_no_hint_will_come(kernel):
    shown = [answered(kernel, text) for text in (SUMS, *map(POWERS.format, (3, 4, 5)))]
    assert not any("Hint:" in one or TO_COME in one for one in shown)


def test_a_changed_helper_makes_another_answer(kernel):
    kernel.run("def half(x):\n    return x / 2")
    assert "Hint:" not in answered(kernel, "def row_means(x):\n    return half(x.sum(dim=1)) * 2")
    kernel.run("def half(x):\n    return 0.5 * x")
    assert f"Hint: {HINTED}" in kernel.run(CHECK).text


def test_the_hint_is_shown_at_once_where_the_attempts_cannot_be_kept(kernel):
    kernel.run("from autograder.live import journal\nkept = journal.write_whole")
    kernel.run("def refuse(*given): raise PermissionError(13, 'no')\njournal.write_whole = refuse")
    try:
        shown = answered(kernel, SUMS)
        assert f"Hint: {HINTED}" in shown
        assert "Your progress could not be kept" in shown
    finally:
        kernel.run("journal.write_whole = kept")


def test_a_wrong_exercise_that_uses_another_wrong_one_names_that_first(kernel):
    kernel.run(SUMS)
    kernel.run(SCALER.format("row_means(x.T)"))
    assert "It uses row_means, which is not right yet: mend that one first." in kernel.run('check("Scaler")').text
    kernel.run(MEANS)
    assert "passed" in kernel.run('check("Scaler")').text
    kernel.run(SCALER.format("row_means(x)"))
    assert "It uses" not in kernel.run('check("Scaler")').text, "here the fault is its own"


SCALER = (
    "class Scaler:\n    def fit(self, x):\n        self.m = {}\n    def transform(self, x):\n        return x - self.m"
)
