"""The students' edition has all that a student needs, and no solution anywhere: also within wheels and the zip."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

import pytest

from autograder.course.edition import students_edition
from autograder.course.lints_header import questions
from autograder.course.notebook import course_notebooks
from autograder.course.stubs import solution_lines
from autograder.plain.errors import CourseError

# Given code of other notebooks has these lines too: how a generator is made, how one goes through parameters. They say
# nothing of an exercise.
EVERYBODYS = {"generator = torch.Generator().manual_seed(seed)", "for parameter in model.parameters():"}
SENTENCE = re.compile(r"[^.!?\n]{40,}[.!?]")


@pytest.fixture(scope="module")
def edition(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("edition") / "kernel-school"
    assert students_edition(root, out) == out.with_name("kernel-school.zip")
    return out


def every_file(path: Path, name: str = ""):
    """Yield the name and bytes of each file below a folder; those within zips and wheels too."""
    for one in sorted(path.rglob("*") if path.is_dir() else [path]):
        if one.is_file():
            yield name + one.name, one.read_bytes()
            if zipfile.is_zipfile(one):
                with zipfile.ZipFile(one) as packed:
                    yield from ((f"{one.name}!{inside}", packed.read(inside)) for inside in packed.namelist())


def text_of(content: bytes) -> str:
    """Return a file's text; of a notebook, whose texts are JSON's, as its author wrote it."""
    return content.decode("utf-8", "replace").replace('\\"', '"').replace("\\n", "\n")


def secrets(root: Path):
    """The lines that nobody may read: of solutions, and of the answers to questions."""
    for notebook in course_notebooks(root / "solutions"):
        for one in notebook.exercises.values():
            yield from solution_lines(one.source)
        for cell in questions(notebook):
            yield from (found[0].strip() for found in SENTENCE.finditer(cell.source))


def given_away(text: str, wanted: list[str]) -> list[str]:
    return [line for line in wanted if line in text and line not in EVERYBODYS]


def test_no_line_of_a_solution_or_of_a_model_answer_is_in_it(root, edition):
    wanted = list(dict.fromkeys(secrets(root)))
    assert len(wanted) > 300
    texts = {content: name for name, content in every_file(edition.parent) if not name.endswith((".zip", ".whl"))}
    found = [(name, line) for content, name in texts.items() for line in given_away(text_of(content), wanted)]
    assert found == []


def test_no_file_of_the_solutions_is_in_it_under_any_name(root, edition):
    released = {path.name for path in (root / "solutions").rglob("checks/*")}
    hidden = [
        path for path in (root / "solutions").rglob("*") if path.is_file() and path.name not in released and path.suffix
    ]
    digests = {hashlib.sha256(path.read_bytes()).digest() for path in hidden}
    inside = list(every_file(edition.parent))
    assert not digests & {hashlib.sha256(content).digest() for _, content in inside}
    marked = [name for name, content in inside if b"\n@mistake(" in content or b"\n@right(" in content]
    assert [
        Path(name).name for name in marked if "!autograder/" not in name
    ] == []  # `autograder new` lays variants out
    assert not [name for name, _ in inside if "variants/" in name or "solutions/" in name]


def test_it_has_what_its_own_readme_names(root, edition):
    text = (edition / "README.md").read_text()
    for name in re.findall(r"course/[\w/]+\.ipynb", text):
        assert (edition / name).is_file(), name
    for path in (root / "course").glob("*/*.ipynb"):
        assert f"course/{path.parent.name}/{path.name}" in text
    wheels = (edition / "requirements.txt").read_text().split()
    assert len(wheels) == 2
    assert all((edition / wheel).is_file() for wheel in wheels)
    assert all(f"- {wheel}" in (edition / "environment.yml").read_text() for wheel in wheels)
    assert "--editable" not in (edition / "environment.yml").read_text()


def test_the_zip_is_the_folder(edition):
    with zipfile.ZipFile(edition.with_name("kernel-school.zip")) as packed:
        inside = {name for name in packed.namelist() if not name.endswith("/")}
    there = {path.relative_to(edition.parent).as_posix() for path in edition.rglob("*") if path.is_file()}
    assert inside == there


def test_nothing_that_lies_there_is_overwritten(root, tmp_path):
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(CourseError, match="is not empty: give a new folder, or remove it"):
        students_edition(root, tmp_path)
