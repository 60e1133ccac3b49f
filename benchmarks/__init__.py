"""Speed, measured beside nbgrader in the same run."""
