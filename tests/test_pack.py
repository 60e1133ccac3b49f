"""A student's notebooks as one zip: what is missing in them, and the way from there to a mark."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.grading.packs import collect
from autograder.live.pack import pack
from autograder.plain.errors import CourseError
from autograder.plain.stub import STUB_RAISES

ANSWER = "def row_means(x):\n    return x.mean(dim=1)"


def answer(path, exercise="row_means", source=ANSWER, ran=True):
    """Write an answer into a notebook's file, with its check run or not."""
    book = json.loads(path.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name == exercise:
            cell["source"] = source
        if ran and name == f"check_{exercise}":
            cell["execution_count"] = 7
    path.write_text(json.dumps(book), encoding="utf-8")


@pytest.fixture
def work(tiny_course, tmp_path):
    """A student's folder, with the course's one notebook in it."""
    shutil.copytree(tiny_course / "course", tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def toy(work):
    return work / "01_toy/toy.ipynb"


def test_a_pack_has_the_notebooks_that_were_begun_and_says_what_is_missing_in_them(work, toy, tmp_path):
    answer(toy)
    (work / "01_toy/notes.ipynb").write_text(json.dumps({"cells": []}))
    packed = pack(work, tmp_path / "toys.zip")
    assert zipfile.ZipFile(packed.path).namelist() == ["01_toy/toy.ipynb"]
    assert packed.remarks[0].startswith("01_toy/toy: not written yet: Scaler")
    assert "Hand in this file." in repr(packed)


def test_the_stubs_comment_may_stay_above_an_answer(work, toy, tmp_path):
    """The first notebook says: in place of the line with `raise`."""
    answer(toy, source="def row_means(x):\n    # YOUR CODE HERE\n    return x.mean(dim=1)")
    assert pack(work, tmp_path / "toys.zip").remarks[0].startswith("01_toy/toy: not written yet: Scaler")


def test_a_class_that_is_half_written_and_was_run_is_packed(work, toy, tmp_path):
    book = json.loads(toy.read_text())
    (stub,) = (cell for cell in book["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == "Scaler")
    stub["execution_count"] = 3
    toy.write_text(json.dumps(book))
    packed = pack(work, tmp_path / "toys.zip")
    assert [one.key for one in packed.notebooks] == ["01_toy/toy"]
    assert "Scaler" in packed.remarks[0]


def test_a_notebook_that_cannot_be_read_is_named_and_not_left_out_in_silence(work, toy, tmp_path):
    answer(toy)
    toy.with_name("torn.ipynb").write_text('{"cells": [')
    assert "torn.ipynb: it can't be read, and is left out. Open it" in pack(work, tmp_path / "toys.zip").remarks[0]
    toy.unlink()
    with pytest.raises(CourseError, match=r"torn\.ipynb: it can't be read"):
        pack(work, tmp_path / "none.zip")


def test_a_full_disk_leaves_the_older_zip(work, toy, tmp_path, monkeypatch):
    answer(toy)
    out = pack(work, tmp_path / "toys.zip").path
    before = out.read_bytes()

    def full(self, *args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(out), "replace", full)
    with pytest.raises(OSError, match="No space left"):
        pack(work, out)
    assert out.read_bytes() == before


def test_a_disk_that_is_full_is_not_the_packs_fault(work, toy, tmp_path, monkeypatch):
    answer(toy)
    packed = pack(work, tmp_path / "ada.zip").path

    def full(self, *args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(packed), "replace", full)
    with pytest.raises(OSError, match="No space left"):
        collect(packed, tmp_path / "tree", {"01_toy"}, "toys")


def test_the_line_that_tells_a_stub_is_in_each_released_one(root):
    stubs = [
        "".join(cell["source"])
        for path in (root / "course").glob("*/*.ipynb")
        for cell in json.loads(path.read_text())["cells"]
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution")
    ]
    assert len(stubs) > 100
    assert all(STUB_RAISES.search(text) for text in stubs)


def test_a_check_that_was_not_run_is_named(work, toy, tmp_path):
    answer(toy, ran=False)
    assert "01_toy/toy: the check was not run: row_means" in pack(work, tmp_path / "toys.zip").remarks


def test_what_the_kernel_has_and_the_file_has_not_is_said_to_be_unsaved(work, toy, tmp_path):
    import linecache

    answer(toy)
    later = ANSWER.replace("dim=1", "dim=-1")
    linecache.cache["<a later cell>"] = (len(later), None, later.splitlines(keepends=True), "<a later cell>")
    names = {}
    exec(compile(later, "<a later cell>", "exec"), names)
    (remark, *_) = pack(work, tmp_path / "toys.zip", names).remarks
    assert remark.startswith("01_toy/toy: not saved: press Ctrl+S and pack again.")
    assert remark.endswith(": row_means")


def test_a_notebook_that_was_handed_out_before_notebooks_named_themselves_is_packed_too(work, toy, tmp_path):
    answer(toy)
    toy.write_text(toy.read_text().replace("checks_of(", "of_old("))
    assert [one.key for one in pack(work, tmp_path / "toys.zip").notebooks] == ["01_toy/toy"]


def test_what_is_missing_is_said_before_the_file_that_is_to_be_handed_in(work, toy, tmp_path):
    answer(toy, ran=False)
    packed = pack(work, tmp_path / "toys.zip")
    lines = repr(packed).splitlines()
    assert lines[0] == "Before you hand in, look at this:"
    assert lines[1:3] == ["  ○ 01_toy/toy: not written yet: Scaler, question_mean", f"  ○ {packed.remarks[1]}"]
    assert lines[4:] == [f"{packed.path}: 1 of your notebooks. Hand in this file.", "  01_toy/toy.ipynb"]
    html = packed._repr_mimebundle_()["text/html"]
    places = [html.index(words) for words in ("not written yet: Scaler", "Hand in this file.", "01_toy/toy.ipynb</li>")]
    assert places == sorted(places)


def test_in_a_notebook_what_stands_in_the_way_is_said_and_nothing_is_raised(work, toy, monkeypatch):
    from autograder import pack as pack_of_a_notebook

    monkeypatch.chdir(toy.parent)
    said = repr(pack_of_a_notebook())
    assert said.startswith("! Nothing was packed")
    assert "no exercise was written in its notebooks" in said
    answer(toy)
    assert [one.key for one in pack_of_a_notebook().notebooks] == ["01_toy/toy"]
    assert list(toy.parent.glob("*.zip"))


def test_the_authors_notebook_packs_nothing_when_it_is_run_from_top_to_bottom(tiny_course, monkeypatch):
    """It is run by every build and every regression run: no file is left, and no path is shown."""
    from autograder import pack as pack_of_a_notebook

    folder = tiny_course / "solutions/01_toy"
    monkeypatch.chdir(folder)
    before = sorted(tiny_course.rglob("*"))
    said = pack_of_a_notebook()._repr_mimebundle_()
    assert sorted(tiny_course.rglob("*")) == before
    assert said["text/plain"].startswith("○ In a student's copy of this notebook\n  this cell says what is missing")
    assert not any(str(part) in text for text in said.values() for part in (folder, "zip.", Path.home()))


def test_a_folder_in_which_nothing_was_written_is_not_packed(work, tmp_path):
    with pytest.raises(CourseError, match="no exercise was written in its notebooks"):
        pack(work, tmp_path / "toys.zip")
    with pytest.raises(CourseError, match="no notebook of a course lies there"):
        pack(tmp_path / "nowhere", tmp_path / "toys.zip")
    assert not (tmp_path / "toys.zip").exists()


def test_of_two_copies_the_one_in_its_place_is_packed_and_two_elsewhere_are_refused(work, toy, tmp_path):
    answer(toy)
    shutil.copy(toy, toy.with_name("toy-Copy1.ipynb"))
    assert [one.path for one in pack(work, tmp_path / "toys.zip").notebooks] == [toy]
    toy.rename(toy.with_name("toy (2).ipynb"))
    with pytest.raises(CourseError, match="are both 01_toy/toy: keep the one that counts"):
        pack(work, tmp_path / "toys.zip")


def grade(tiny_course, path, out):
    words = [sys.executable, "-m", "autograder.cli", "grade", str(path), "--out", str(out), "--workers", "1"]
    done = subprocess.run(words, cwd=tiny_course, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {one["student"]: one["score"] for one in json.loads(out.read_text())["submissions"]}


def test_packs_are_graded_as_they_were_handed_in_one_or_a_class_of_them(tiny_course, work, toy, tmp_path):
    answer(toy)
    packed = pack(work, tmp_path / "toys.zip").path
    tree = tmp_path / "submitted"
    (tree / "ben").mkdir(parents=True)
    shutil.copy(packed, tree / "ada.zip")
    shutil.copy(packed, tree / "ben/toys (1).zip")
    shutil.copytree(work / "01_toy", tree / "cleo/01_toy")
    assert grade(tiny_course, tree, tmp_path / "results.json") == {"ada": 2.0, "ben": 2.0, "cleo": 2.0}
    shutil.copy(packed, tmp_path / "dora.zip")
    assert grade(tiny_course, tmp_path / "dora.zip", tmp_path / "one.json") == {"dora": 2.0}


def test_a_pack_whose_student_nobody_knows_is_named_and_taken_from_nobody(work, toy, tmp_path):
    answer(toy)
    pack(work, tmp_path / "in/toys.zip")
    shutil.copy(tmp_path / "in/toys.zip", tmp_path / "in/toys (3).zip")
    shutil.copy(tmp_path / "in/toys.zip", tmp_path / "in/mueller_toys.zip")
    found = collect(tmp_path / "in", tmp_path / "tree", {"01_toy"}, "toys")
    assert [line.split(":")[0] for line in found.left] == ["toys (3).zip", "toys.zip"]
    assert "Name it <student>.zip" in found.left[0]
    assert found.files == [tmp_path / "tree/mueller/01_toy/toy.ipynb"]


def test_an_archive_writes_nothing_but_notebooks_of_the_course_and_nothing_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.grading.packs.MOST_BYTES", 1000)
    hostile = tmp_path / "mallory.zip"
    with zipfile.ZipFile(hostile, "w") as archive:
        for name in (
            "../../01_toy/up.ipynb",
            "/01_toy/top.ipynb",
            "01_toy/..\\x.ipynb",
            "01_toy/run.py",
            "99_x/a.ipynb",
        ):
            archive.writestr(name, "{}")
    found = collect(hostile, tmp_path / "tree", {"01_toy"}, "toys")
    there = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert there == ["mallory.zip", "tree/mallory/01_toy/top.ipynb", "tree/mallory/01_toy/up.ipynb"]
    assert found.left == []
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("01_toy/toy.ipynb", "0" * 5000)
    (tmp_path / "torn.zip").write_bytes((tmp_path / "bomb.zip").read_bytes()[:-30])
    said = [
        collect(tmp_path / name, tmp_path / "tree", {"01_toy"}, "toys").left[0] for name in ("bomb.zip", "torn.zip")
    ]
    assert "01_toy/toy.ipynb is larger than" in said[0]
    assert "it can't be unpacked (BadZipFile); ask for it once more" in said[1]


def test_what_lies_in_a_students_folder_is_not_overwritten_by_a_pack(work, toy, tmp_path):
    answer(toy)
    packed = pack(work, tmp_path / "ada.zip").path
    mine = tmp_path / "tree/ada/01_toy/toy.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("{}")
    found = collect(packed, tmp_path / "tree", {"01_toy"}, "toys")
    assert mine.read_text() == "{}"
    assert found.left[0].endswith("01_toy/toy.ipynb lies in ada/ already")


def test_what_is_no_zip_is_said(tiny_course, tmp_path):
    (tmp_path / "afile").write_text("no zip")
    words = [
        sys.executable,
        "-m",
        "autograder.cli",
        "collect",
        str(tmp_path / "afile"),
        "--into",
        str(tmp_path / "tree"),
    ]
    done = subprocess.run(words, cwd=tiny_course, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no zip at" in done.stderr
