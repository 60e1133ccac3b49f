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
    OverwriteCells,
    OverwriteKernelspec,
    SaveCells,
)

from autograder.nbgrader.preprocessors import (
    AddRecording,
    ClearSolutions,
    GradeInBox,
    ReleasedNotebook,
    SaveMarks,
    SubmittedNotebook,
    name_misnamed,
)

c = get_config()  # noqa: F821  (given by traitlets)

c.CourseDirectory.course_id = "kernel-school"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
# Nothing that holds an answer is copied to a release: the MyST text has the solutions, variants the mistakes.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.md", "variants"]

c.GenerateAssignment.exporter_class = ReleasedNotebook
c.GenerateAssignment.preprocessors = [
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
    ClearSolutions,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
    AddRecording,
]

c.Autograde.pre_convert_hook = name_misnamed

# Grading: what was handed in is read by us, so that no file stops the batch, and reaches nbgrader in the course's
# own cells. Our sandbox stands where nbgrader executes the notebook in a kernel.
c.Autograde.exporter_class = SubmittedNotebook
c.Autograde.sanitize_preprocessors = [OverwriteKernelspec, OverwriteCells, CheckCellMetadata]
c.Autograde.autograde_preprocessors = [
    GradeInBox,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveMarks,
    AssignLatePenalties,
    CheckCellMetadata,
]

# The formgrader and the feedback pages show what students wrote: nothing in it runs there.
c.HTMLExporter.filters = {"markdown2html": "autograder.nbgrader.markup.safe_markdown"}
c.HTMLExporter.preprocessors = ["autograder.nbgrader.markup.EscapedNames"]
