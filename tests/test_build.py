"""What is stale follows from what things are made of; and a build makes that, no more, and says why."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from PIL import Image

from autograder.checking.recording import load
from autograder.course import build as building
from autograder.course.build import build, leftovers, stale
from autograder.course.graph import Graph, Manifest, changed, one_digest
from autograder.course.imports import OwnModules, imports
from autograder.course.notebook import compact
from autograder.course.pair import make_small
from autograder.course.release import generate, select
from autograder.course.stored_picture import smallest
from autograder.plain.errors import CourseError

TOY = "solutions/01_toy"
RECORDING = "course/01_toy/checks/toy.safetensors"


@pytest.fixture
def course(tiny_course, tmp_path):
    """A copy of the built tiny course, to be changed."""
    shutil.copytree(tiny_course, tmp_path / "course")
    return tmp_path / "course"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def outputs(course):
    return [cell.get("outputs") for cell in json.loads((course / TOY / "toy.ipynb").read_text())["cells"]]


def made(course):
    lines = []
    build(course, select(course, None), report=lines.append)
    return lines


@pytest.fixture
def kernels_are_off(monkeypatch):
    """No notebook may be run."""
    monkeypatch.setattr(building, "executed", lambda notebook: pytest.fail("the notebook was executed"))


def test_what_was_just_built_is_not_stale_and_is_not_made_again(course, kernels_are_off):
    assert stale(course, select(course, None)) == []
    assert made(course) == []


def test_a_changed_check_records_anew_and_does_not_execute_the_notebook(course, kernels_are_off):
    edit(course / TOY / "checks/test_toy.py", "def test_", "def test_again_")
    before = outputs(course)
    edit(course / TOY / "toy.ipynb", "row_means: passed, 2 of 2 points", "row_means: of an older check")
    lines = made(course)
    assert lines[0] == "course/01_toy/checks/toy.safetensors: solutions/01_toy/checks/test_toy.py changed"
    assert lines[1].startswith("solutions/01_toy/toy.ipynb: what its checks rest on changed (not executed)")
    assert all("again" in test for test in load(course / RECORDING).answers)
    assert load(course / RECORDING).answers
    assert [*course.rglob("*.safetensors")] == [course / RECORDING]
    assert outputs(course) == before, "the card is made anew"
    assert stale(course, select(course, None)) == []


def test_changed_prose_keeps_the_outputs_and_makes_no_recording(course, kernels_are_off):
    before, recording = outputs(course), (course / RECORDING).read_bytes()
    edit(course / TOY / "toy.md", "The end.", "The very end.")
    lines = made(course)
    assert [line.partition(":")[0] for line in lines] == ["solutions/01_toy/toy.ipynb", "course/01_toy/toy.ipynb"]
    assert outputs(course) == before
    assert (course / RECORDING).read_bytes() == recording
    assert "The very end." in (course / "course/01_toy/toy.ipynb").read_text()


def test_a_changed_module_that_a_cell_imports_is_named_as_the_reason(course):
    edit(course / TOY / "toy.md", 'print("not run', 'from kit.pictures import shown\nprint("not run')
    (course / "kit").mkdir()
    (course / "kit/pictures.py").write_text("def shown():\n    from kit.palette import BLUE\n    return BLUE\n")
    (course / "kit/palette.py").write_text("BLUE = 1\n")
    (notebook,) = select(course, None)
    before = Graph(course)
    executed, recording = before.of_execution(notebook), before.of_recording(notebook)
    (course / "kit/palette.py").write_text("BLUE = 2\n")
    after = Graph(course)
    assert changed(executed, after.of_execution(notebook)) == ["kit/palette.py changed"]
    assert after.of_recording(notebook) == recording


def test_what_a_check_imports_decides_marks_and_so_the_key_of_a_stored_result(course):
    (course / "kit").mkdir()
    (course / "kit/gradients.py").write_text("def assert_gradients(came, expected):\n    assert came == expected\n")
    edit(
        course / TOY / "checks/test_toy.py",
        "import pytest",
        "import pytest\nfrom kit.gradients import assert_gradients",
    )
    (notebook,) = select(course, None)
    before = Graph(course).of_marks(notebook)
    (course / "kit/gradients.py").write_text("def assert_gradients(came, expected):\n    pass\n")
    after = Graph(course).of_marks(notebook)
    assert changed(before, after) == ["kit/gradients.py changed"]
    assert one_digest(before) != one_digest(after)
    assert "autograder/authoring/compare.py" in after


def test_the_real_notebooks_rest_on_the_palette_and_their_marks_on_assert_gradients(root):
    graph = Graph(root)
    knn, layers = (
        select(root, root / "solutions" / name)[0] for name in ("01_classification/knn", "03_backprop/layers")
    )
    assert "coursekit/plots.py" in graph.of_execution(knn)
    assert "coursekit/figures/knn.py" in graph.of_execution(knn)
    assert not any("checks" in name for name in graph.of_execution(knn))
    assert "coursekit/gradients.py" in graph.of_marks(layers)
    assert "coursekit/plots.py" not in graph.of_marks(layers)


def test_a_file_that_was_changed_by_hand_is_stale(course):
    (course / RECORDING).write_bytes(b"other answers")
    edit(course / "course/01_toy/toy.ipynb", "A toy", "Another toy")
    lines = stale(course, select(course, None))
    assert "course/01_toy/checks/toy.safetensors: it is not as it was made" in lines
    assert "course/01_toy/toy.ipynb: it is not as it was made" in lines


def test_times_of_files_and_the_ends_of_lines_change_nothing(course):
    checks = course / TOY / "checks/test_toy.py"
    before = Graph(course).of_recording(*select(course, None))
    checks.write_bytes(checks.read_bytes().replace(b"\n", b"\r\n"))
    assert Graph(course).of_recording(*select(course, None)) == before


def test_a_build_refuses_what_validate_refuses_by_reading(course):
    edit(course / TOY / "toy.md", "  teaches: how the autograder is tested\n", "")
    with pytest.raises(
        CourseError, match=r"autograder validate` refuses this:\n  toy\.md: the header has no `teaches`"
    ):
        made(course)


def test_two_notebooks_are_made_side_by_side_and_one_that_fails_does_not_stop_the_other(course):
    shutil.copytree(course / TOY, course / "solutions/02_toy")
    text = course / "solutions/02_toy/toy.md"
    text.write_text(text.read_text().replace('checks_of("01_toy/toy")', 'checks_of("02_toy/toy")'))
    broken = course / TOY / "checks/test_toy.py"
    broken.write_text(broken.read_text() + '\n\n@exercise("row_means")\ndef test_never(student):\n    assert 1 == 2\n')
    lines: list[str] = []
    with pytest.raises(CourseError, match=r"(?s)toy\.md fails its own check.*test_never"):
        build(course, select(course, None), report=lines.append, workers=2)
    assert any(line.startswith("course/02_toy/toy.ipynb: ") for line in lines)
    assert Manifest(course).get("course/02_toy/toy.ipynb").made
    assert all("/01_toy/" in line for line in stale(course, select(course, None)))


def test_a_release_without_a_notebook_is_named(course):
    (course / "course/01_toy/old.ipynb").write_text("{}")
    assert leftovers(course, select(course, None)) == ["course/01_toy/old.ipynb: nothing in solutions/ makes this file"]


def test_a_release_whose_recording_was_removed_with_it_gets_the_same_again(course):
    (notebook,) = select(course, None)
    before = notebook.recording.read_bytes()
    notebook.recording.unlink()
    generate(course, notebook.chapter, course / "elsewhere")
    assert (course / "elsewhere" / notebook.chapter / "checks" / notebook.recording.name).read_bytes() == before


def test_a_damaged_manifest_says_what_to_do(course):
    (course / "solutions/manifest.json").write_text("<<<<<<< HEAD")
    with pytest.raises(CourseError, match="take git's, or remove it and build all anew"):
        stale(course, select(course, None))


# Imports.


def test_imports_inside_functions_and_relative_ones_are_found():
    text = "import a.b\nfrom c import d\nfrom . import e\nfrom ..f import g\ndef h():\n    from i.j import k\n"
    assert set(imports(text, "top.package")) == {
        "a.b",
        "c.d",
        "c",
        "top.package.e",
        "top.package",
        "top.f.g",
        "top.f",
        "i.j.k",
        "i.j",
    }


def test_modules_are_followed_round_a_circle_and_the_libraries_left_out(tmp_path):
    (tmp_path / "one.py").write_text("import torch\nimport two\n")
    (tmp_path / "two.py").write_text("import one\n")
    modules = OwnModules(tmp_path)
    assert {modules.name_of(path) for path in modules.behind([tmp_path / "one.py"])} == {"one.py", "two.py"}


# Pictures.


def png_of(pixels, mode=None):
    """The base64 of a PNG, as matplotlib gives it to a notebook."""
    raw = io.BytesIO()
    Image.fromarray(pixels).convert(mode or "RGBA").save(raw, format="PNG")
    return base64.b64encode(raw.getvalue()).decode()


def opened(text):
    return Image.open(io.BytesIO(base64.b64decode(text)))


def lines():
    pixels = np.full((120, 160, 3), 255, np.uint8)
    pixels[10:12], pixels[:, 20] = (0, 114, 178), (213, 94, 0)
    return pixels


def photograph():
    from coursekit.data import photographs

    return photographs(size=(120, 180))["cat"]


def test_lines_are_stored_as_a_png_of_few_colours():
    kind, text = smallest(png_of(lines()))
    assert kind == "image/png"
    assert len(text) < len(png_of(lines())) / 2
    with opened(text) as picture:
        assert picture.mode == "P"
        assert np.array_equal(np.asarray(picture.convert("RGB")), lines())


def test_a_photograph_is_stored_as_a_jpeg_that_looks_the_same():
    kind, text = smallest(png_of(photograph()))
    assert kind == "image/jpeg"
    assert len(text) < len(png_of(photograph())) / 4
    with opened(text) as picture:
        away = np.abs(np.asarray(picture).astype(int) - photograph())
    assert away.mean() < 5


def test_a_picture_that_is_stored_stays():
    kind, once = smallest(png_of(lines()))
    assert smallest(once) == (kind, once)


def test_a_picture_that_would_grow_stays_as_it_is():
    small = png_of(np.zeros((1, 1), np.uint8), "1")
    assert smallest(small) == ("image/png", small)


def test_what_is_said_of_a_picture_goes_with_it():
    said = {"image/png": {"alt": "A cat."}}
    shown = nbformat.v4.new_output("display_data", data={"image/png": png_of(photograph())}, metadata=said)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[shown])])
    make_small(book)
    (output,) = book.cells[0].outputs
    assert set(output.data) == {"image/jpeg"}
    assert output.metadata == {"image/jpeg": {"alt": "A cat."}}


def test_of_a_card_the_sentences_of_its_tests_are_not_stored(course):
    """They stand in the checks."""
    (card,) = [one for cell in outputs(course) for one in cell or [] if "row_means: passed" in json.dumps(one)]
    assert "<details" not in card["data"]["text/html"]
    assert "tests pass" not in card["data"]["text/html"]


def test_a_notebook_is_stored_a_line_for_each_cell_and_read_as_it_was(course):
    path = course / TOY / "toy.ipynb"
    text = path.read_text(encoding="utf-8")
    cells = json.loads(text)["cells"]
    assert len(text.splitlines()) == len(cells) + 3
    assert all(isinstance(cell["source"], str) or len(cell["source"]) == 1 for cell in cells)
    as_jupyter_writes_it = nbformat.writes(nbformat.reads(text, as_version=4))
    assert compact(as_jupyter_writes_it).decode() == text
    assert nbformat.reads(text, as_version=4) == nbformat.reads(as_jupyter_writes_it, as_version=4)


# Starting.


@pytest.mark.parametrize(
    "module",
    ["cli", "course.build", "course.scaffold", "course.affected", "course.desk", "present.table", "sandbox.doctor"],
)
def test_what_needs_no_torch_starts_within_a_second_without_it(module):
    told = (
        f"import time, sys; import autograder.{module}; print(time.process_time()); print('torch' in "
        f"sys.modules, 'rfc3987_syntax' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", told], text=True, capture_output=True, check=True).stdout.splitlines()
    assert float(said[0]) < 1
    assert said[1] == "False False"
