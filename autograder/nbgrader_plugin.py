"""What nbgrader runs of ours, named in nbgrader_config.py.

`ClearSolutions` writes stubs that say what is to be written. `GradeInBox` stands where nbgrader has
`Execute`: it grades the notebook in the sandbox and writes each score where SaveAutoGrades reads it.
`SaveComments` stands after SaveAutoGrades, which resets comments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbgrader.preprocessors import ClearSolutions as NbGraderClearSolutions

from autograder.stubs import BEGIN, cleared_source

if TYPE_CHECKING:
    from nbformat import NotebookNode


class ClearSolutions(NbGraderClearSolutions):
    """Replace each solution region by an error that names the exercise and says what to write."""

    def _replace_solution_region(self, cell: NotebookNode, language: str) -> bool:
        if cell.cell_type != "code" or BEGIN not in cell.source:
            return bool(super()._replace_solution_region(cell, language))
        cell.source = cleared_source(cell.source, str(cell.metadata.nbgrader.get("grade_id", "exercise")))
        return True


__all__: list[Any] = ["ClearSolutions"]
