"""The pictures and widgets of each notebook, one module a notebook."""
