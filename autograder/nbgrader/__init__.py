"""nbgrader's doors: preprocessors, gradebook, formgrader."""
