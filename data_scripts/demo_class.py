"""Make a class of submissions to try grading on: `python -m data_scripts.demo_class FOLDER`.

Each student is made from the released notebook and from what the course knows of real answers: other
right answers, mistakes, stubs left as they are, cells that don't parse, endless loops, files cut short.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.authoring.variants import Variant
from autograder.course.edits import load_variants
from autograder.course.notebook import CourseNotebook, load_solution, nbgrader_of, read_course_notebook
from autograder.course.stubs import BEGIN, END
from autograder.plain.source import Definition, definitions, reachable

# What students write below a question in words, whatever it was: a person marks it.
WORDS = (
    "I tried both. The smaller value was better here, and I think that is because there are so few images.",
    "The one that does best on the validation set, since the test set is kept for the end.",
    "Two pictures of the same thing can differ in every pixel, so a small distance need not mean much.",
    "Not sure. The second one?",
)
NAMES = ("ada", "blaise", "carl", "daphne", "emmy", "fatima", "grace", "hedy", "ines", "joan", "karl", "lise")
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Answers:
    """What the course knows of one notebook: its release, its solutions, its variants, as text."""

    notebook: CourseNotebook
    release: dict[str, Any]
    solutions: dict[str, str]
    variants: dict[str, list[tuple[Variant, str]]]

    def pick(self, rng: random.Random, name: str, right: bool) -> str:
        """Return a right answer to an exercise, or a mistake."""
        texts = [text for variant, text in self.variants.get(name, []) if variant.is_right == right]
        return rng.choice([*texts, self.solutions[name]] if right else texts)


def answers_of(root: Path, chapter: str, notebook: str) -> Answers:
    """Read what the course knows of a notebook."""
    course = read_course_notebook(root / "solutions" / chapter / notebook)
    release = json.loads((root / "course" / chapter / course.file).read_text(encoding="utf-8"))
    variants: dict[str, list[tuple[Variant, str]]] = {}
    known = definitions(course.variants.read_text(encoding="utf-8")) if course.variants.exists() else {}
    for variant in load_variants(course.variants, load_solution(course), course.sources):
        variants.setdefault(variant.exercise, []).append((variant, variant_source(variant, known)))
    solutions = {name: without_marks(one.source) for name, one in course.exercises.items()}
    return Answers(course, release, solutions, variants)


def variant_source(variant: Variant, known: Mapping[str, Definition]) -> str:
    """Return a variant as a student would have typed it: under the exercise's name, with its helpers above."""
    parts = []
    if variant.source is not None:
        known = {**known, variant.name: definitions(variant.source)[variant.exercise]}
    for name, definition in reachable(variant.name, known.get).items():
        text = definition.text
        if not text.startswith("from autograder."):
            parts.append(text if name != variant.name else _renamed(text, variant))
    return "\n\n\n".join(reversed(parts))


def _renamed(text: str, variant: Variant) -> str:
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == variant.name:
            node.name = variant.exercise
    return ast.unparse(tree)


def without_marks(source: str) -> str:
    """Return a solution as a student would have typed it: without the lines that mark where it begins and ends."""
    return "\n".join(line for line in source.splitlines() if BEGIN not in line and END not in line)


# The kinds of student. Each gives the text of the file.


def with_answers(answers: Answers, sources: dict[str, str], rng: random.Random | None = None) -> str:
    """Return the release with these sources in it, and with `rng` an answer to each question in words."""
    book = json.loads(json.dumps(answers.release))
    for cell in book["cells"]:
        name = nbgrader_of(cell).get("grade_id")
        if cell["cell_type"] == "code" and name in sources:
            cell["source"] = sources[name]
        elif cell["cell_type"] == "markdown" and nbgrader_of(cell).get("solution") and rng is not None:
            cell["source"] = rng.choice(WORDS)
    return json.dumps(book)


def all_right(answers: Answers, rng: random.Random) -> str:
    """Every exercise right, in some style."""
    return with_answers(answers, {name: answers.pick(rng, name, right=True) for name in answers.solutions}, rng)


def one_mistake(answers: Answers, rng: random.Random) -> str:
    """All but one exercise right."""
    wrong = rng.choice(list(answers.solutions))
    return with_answers(
        answers, {name: answers.pick(rng, name, right=name != wrong) for name in answers.solutions}, rng
    )


def many_mistakes(answers: Answers, rng: random.Random) -> str:
    """Each exercise right or wrong, by a coin."""
    return with_answers(
        answers, {name: answers.pick(rng, name, right=rng.random() < 0.4) for name in answers.solutions}, rng
    )


def partly_done(answers: Answers, rng: random.Random) -> str:
    """The first half done, the rest untouched."""
    names = list(answers.solutions)
    return with_answers(answers, {name: answers.pick(rng, name, right=True) for name in names[: len(names) // 2]})


def untouched(answers: Answers, rng: random.Random) -> str:
    """The notebook as it was released."""
    return json.dumps(answers.release)


def does_not_parse(answers: Answers, rng: random.Random) -> str:
    """One cell that Python can't read, the rest right."""
    sources = {name: answers.pick(rng, name, right=True) for name in answers.solutions}
    name = rng.choice(list(sources))
    return with_answers(answers, {**sources, name: sources[name].replace(":", "", 1)}, rng)


def endless_loop(answers: Answers, rng: random.Random) -> str:
    """One exercise that never ends, the rest right."""
    sources = {name: answers.pick(rng, name, right=True) for name in answers.solutions}
    name = rng.choice(list(sources))
    return with_answers(answers, {**sources, name: f"def {name}(*args, **kwargs):\n    while True:\n        pass"}, rng)


def cut_short(answers: Answers, rng: random.Random) -> str:
    """A file that ends in its middle, as after a full disk."""
    whole = all_right(answers, rng)
    return whole[: len(whole) // 2]


Kind = Callable[[Answers, random.Random], str]
CLASS: tuple[Kind, ...] = (
    all_right,
    all_right,
    one_mistake,
    many_mistakes,
    partly_done,
    untouched,
    does_not_parse,
    endless_loop,
    cut_short,
    one_mistake,
    many_mistakes,
    all_right,
)


def make_class(
    folder: Path, answers: Answers, kinds: tuple[Kind, ...] = CLASS, size: int = len(CLASS), seed: int = 0
) -> None:
    """Write a class as a tree folder/<student>/<chapter>/<notebook>.ipynb."""
    rng = random.Random(seed)
    for number in range(size):
        student = NAMES[number] if size <= len(NAMES) else f"student-{number:04d}"
        path = folder / student / answers.notebook.chapter / answers.notebook.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(kinds[number % len(kinds)](answers, rng), encoding="utf-8")


def main() -> None:
    """Make a class and say where it is."""
    parser = argparse.ArgumentParser(description="Make a class of submissions.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chapter", default="01_classification")
    parser.add_argument("--notebook", default="knn")
    parser.add_argument("--size", type=int, default=len(CLASS))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    make_class(args.folder, answers_of(ROOT, args.chapter, args.notebook), size=args.size, seed=args.seed)
    print(f"a class of {args.size} in {args.folder}")


if __name__ == "__main__":
    main()
