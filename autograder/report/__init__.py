"""A grading run for people: the class's page, a page for each student, feedback, and a table of marks.

`figures` counts, `pages` and `feedback` write HTML from `templates/`, `marks` writes CSV. What a student's
code or file said is cleaned and escaped by `render`, for every template alike.
"""
