"""nbformat as the course imports it, as a plugin of pytest: `-p autograder.course.light_nbformat`.

nbval imports nbformat when pytest starts, and with it a grammar that takes two seconds. pytest loads what `-p` names
before the plugins that are installed.
"""

from autograder.seams.jsonschema_internals import without_uri_grammar

with without_uri_grammar():
    import nbformat  # noqa: F401  so that it is there
