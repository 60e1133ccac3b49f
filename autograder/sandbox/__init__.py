"""The box: where a student's code runs when it is graded. process.py tells how it works."""
