"""`autograder new`: every file of a notebook laid out, ready to fill. What is to be written says TODO.

`autograder validate` then says in words what is still to be written, and refuses until it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Template

from autograder.plain.errors import CourseError
from autograder.plain.numbered import at, name_of, place_of

CHAPTER = re.compile(r"\d\d_[a-z][a-z0-9_]*")
NAME = re.compile(r"[a-z][a-z0-9_]*")
EXERCISE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
MINUTES, POINTS = 10, 2
# What a contract with no promises of its own says; a test holds it to that.
PROMISE = "In float32 or float64, with any strides, on any device; the inputs stay as they are."

HEADER = Template("""\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
autograder:
  title: $title
  teaches: TODO one line, what a student can do afterwards
  needs: []
  minutes: $minutes
---

# $title

TODO the finished thing first: one picture of what will stand at the end.

```{code-cell} ipython3
:tags: [setup]
import torch

from autograder import checks_of

check = checks_of("$key")
```
""")
PICTURE = Template("""
```{code-cell} ipython3
from $package.figures import $name as figures
```

```{code-cell} ipython3
:tags: [nbval-ignore-output]
figures.overview()
```
""")
STUB = Template("""
## TODO the idea of $exercise

TODO a picture, a number worked by hand, the slow form, then the real one.

### Exercise: `$exercise`
**Difficulty** 2/5 · **$minutes minutes** · **$points points**

TODO what it is for, the shapes in and out.

<details><summary>Hint 1</summary>

TODO a nudge.

</details>

```{code-cell} ipython3
---
nbgrader: {schema_version: 3, grade_id: $exercise, solution: true, grade: false, locked: false, task: false}
---
$definition
```

```{code-cell} ipython3
---
nbgrader: {schema_version: 3, grade_id: check_$exercise, points: $points, solution: false, grade: true, locked: true, task: false}
---
check("$exercise")
```
""")  # noqa: E501 (one line, as nbgrader writes it)
FUNCTION = Template('''\
def $exercise(x: torch.Tensor) -> torch.Tensor:
    """TODO return what, with its shape.

    $promise

    Args:
        x: (N, D).
    """
    ### BEGIN SOLUTION
    return x.clone()  # TODO the reference
    ### END SOLUTION''')
CLASS = Template('''\
class $exercise:
    """TODO what it is.

    $promise
    """

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """TODO return what, with its shape, for x (N, D)."""
        ### BEGIN SOLUTION
        return x.clone()  # TODO the reference
        ### END SOLUTION''')
END = """
## What you can do now

TODO what you can now do, three questions to think about, the original papers.

## Handing in

Save with **Ctrl + S**, then run this cell. It says what is missing, and makes one zip of all notebooks that you have begun: hand in that file.

```{code-cell} ipython3
from autograder import pack

pack()
```
"""  # noqa: E501 (a paragraph is one line)

CHECKS = Template('''\
"""Checks of the notebook $name."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn
''')
CHECK = Template('''

def ${word}_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)

$use
contract("$exercise", inputs=${word}_inputs$by)


@exercise("$exercise")
def test_${word}_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close($student, $reference)
''')
USE = Template('''
def use_$word(ns, x):
    """Make the class and use it."""
    return ns.$exercise()(x)

''')
VARIANTS = Template('''\
"""What students write in $name: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right
''')
VARIANT = Template("""

# $exercise: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("$exercise", hint="TODO what was done, and what to think about.")
$broken


@right("$exercise")
$right
""")
FIGURES = Template('''\
"""Pictures of the notebook $name."""

from __future__ import annotations

from matplotlib.figure import Figure

from $package.plots import alt, figure


def overview() -> Figure:
    """TODO return the picture of what will stand at the end, computed from what it shows."""
    heights = [step**2 for step in range(5)]
    picture, axes = figure()
    axes.plot(heights)
    axes.set(xlabel="TODO", ylabel="TODO")
    return alt(picture, f"TODO what is seen; the last value is {heights[-1]}.")
''')
ORACLE = Template('''\
"""The references of $key held to an independent truth."""

import torch

NOTEBOOK = "$key"
''')
TRUTH = Template('''

def test_${word}_agrees_with_an_independent_truth(solution):
    """TODO torch, torchvision, scikit-learn, scipy, or a closed form worked by hand."""
    x = torch.arange(6.0).reshape(2, 3)
    torch.testing.assert_close($call, x)
''')
SEEN = Template("""

def test_the_overview_shows_what_is_said_of_it():
    from $package.figures import $name

    assert "16" in $name.overview().description
""")


def lay_out(root: Path, key: str, exercises: list[str]) -> list[Path]:
    """Write every file of a new notebook and return them.

    Args:
        root: the top of the course.
        key: "<chapter>/<notebook>", such as "04_cnn/convolution". Its file is the chapter's next, unless a
        number is said:
            "04_cnn/02_convolution".
        exercises: their names; one that begins with a capital letter is a class.

    Raises CourseError for a name that can't be, and where a file stands in the way: nothing is overwritten.
    """
    chapter, _, said = key.partition("/")
    name = name_of(said)
    _judge_names(chapter, name, exercises)
    stem = said if said != name else _next_in(root / "solutions" / chapter, name)
    files = dict(_files(root, chapter, stem, exercises))
    there = [at(path).relative_to(root).as_posix() for path in files if at(path).exists()]
    if there:
        raise CourseError(f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there already: nothing was written")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def _judge_names(chapter: str, name: str, exercises: list[str]) -> None:
    if not (CHAPTER.fullmatch(chapter) and NAME.fullmatch(name)):
        raise CourseError(f"{chapter}/{name} came, expected a chapter and a notebook, such as 04_cnn/convolution")
    wrong = [one for one in exercises if not EXERCISE.fullmatch(one)]
    if wrong or len(set(exercises)) != len(exercises):
        raise CourseError(f"{', '.join(wrong or exercises)} came, expected names of functions or classes, each once")


def _next_in(folder: Path, name: str) -> str:
    """The file's name as the chapter's last; without a number in a chapter whose files have none."""
    places = [place_of(path.stem) for path in folder.glob("*.md")]
    if places and not any(places):
        return name
    return f"{1 + max((place or 0 for place in places), default=0):02}_{name}"


def _files(root: Path, chapter: str, stem: str, exercises: list[str]) -> Iterator[tuple[Path, str]]:
    name = name_of(stem)
    folder, key = root / "solutions" / chapter, f"{chapter}/{name}"
    title = name.replace("_", " ").capitalize()
    figures = next(iter(sorted(root.glob("*/figures/__init__.py"))), None)
    package = figures.parents[1].name if figures else ""
    names = {"name": name, "key": key, "title": title, "package": package}
    picture = PICTURE.substitute(names) if figures else ""
    head = HEADER.substitute(names, minutes=max(5, MINUTES * len(exercises)))
    yield folder / f"{stem}.md", head + picture + "".join(map(_stub, exercises)) + END
    yield folder / "checks" / f"test_{name}.py", CHECKS.substitute(names) + "".join(map(_check, exercises))
    yield folder / "variants" / f"{name}.py", VARIANTS.substitute(names) + "".join(map(_variant, exercises))
    seen = SEEN.substitute(names) if figures else ""
    yield (
        root / "tests/oracles" / f"test_{chapter}_{name}.py",
        ORACLE.substitute(names) + "".join(map(_truth, exercises)) + seen,
    )
    if figures:
        yield figures.with_name(f"{name}.py"), FIGURES.substitute(names)


def _is_class(exercise: str) -> bool:
    return exercise[0].isupper()


def _word(exercise: str) -> str:
    """A class's name as a function's: "MaxPool" is max_pool."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", exercise).lower()


def _stub(exercise: str) -> str:
    definition = (CLASS if _is_class(exercise) else FUNCTION).substitute(exercise=exercise, promise=PROMISE)
    return STUB.substitute(exercise=exercise, definition=definition, minutes=MINUTES, points=POINTS)


def _check(exercise: str) -> str:
    word, asked = _word(exercise), exercise
    use, by = "", ""
    if _is_class(exercise):
        use, by = USE.substitute(exercise=exercise, word=word), f", use=use_{word}"
    calls = {side: f"{side}.run(use_{word}, x)" if use else f"{side}.{asked}(x)" for side in ("student", "reference")}
    return CHECK.substitute(exercise=exercise, word=word, use=use, by=by, **calls)


def _variant(exercise: str) -> str:
    word = _word(exercise)
    if _is_class(exercise):
        method = "    def __call__(self, x):\n        return {}"
        broken, right = (
            f"class {name}:\n{method.format(value)}"
            for name, value in (
                (f"{exercise}WithAMistake", "x + 1"),
                (f"{exercise}InAnotherStyle", "x + torch.zeros_like(x)"),
            )
        )
    else:
        broken = f"def {word}_with_a_mistake(x):\n    return x + 1"
        right = f"def {word}_in_another_style(x):\n    return x + torch.zeros_like(x)"
    return VARIANT.substitute(exercise=exercise, broken=broken, right=right)


def _truth(exercise: str) -> str:
    call = f"solution.{exercise}()(x)" if _is_class(exercise) else f"solution.{exercise}(x)"
    return TRUTH.substitute(exercise=exercise, word=_word(exercise), call=call)
