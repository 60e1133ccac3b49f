"""nbgrader's configuration: our stubs on release, our sandbox on autograde, all else as it is."""

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ComputeChecksums,
    IgnorePattern,
    IncludeHeaderFooter,
    InstantiateTests,
    LimitOutput,
    LockCells,
    SaveAutoGrades,
    SaveCells,
)

from autograder.nbgrader_plugin import ClearSolutions, GradeInBox, SaveComments, name_misnamed

c = get_config()  # noqa: F821  (given by traitlets)

c.CourseDirectory.course_id = "kernel-school"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
# Nothing that holds an answer is copied to a release: the MyST text has the solutions, variants the mistakes.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.md", "variants"]

c.GenerateAssignment.preprocessors = [
    IncludeHeaderFooter, InstantiateTests, LockCells, ClearSolutions, ClearOutput, CheckCellMetadata,
    ComputeChecksums, SaveCells, ClearHiddenTests, ClearMarkScheme, ComputeChecksums, CheckCellMetadata,
]  # fmt: skip

c.Autograde.pre_convert_hook = name_misnamed

# Grading: our sandbox stands where nbgrader executes the student's notebook in a kernel.
c.Autograde.autograde_preprocessors = [
    GradeInBox, IgnorePattern, ClearMetadataPreprocessor, LimitOutput, SaveAutoGrades, SaveComments,
    AssignLatePenalties, CheckCellMetadata,
]  # fmt: skip
