"""How Sphinx makes the book: `make book`. Nothing is executed, and nothing is fetched from a network."""

project = "Kernel School"
author = "the authors of Kernel School"
html_title = "Kernel School"

extensions = ["myst_nb", "sphinx-mathjax-offline"]
nb_execution_mode = "off"  # the student's edition has stubs: it can't run
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
exclude_patterns = ["**/checks"]

html_theme = "sphinx_book_theme"
html_theme_options = {
    "use_download_button": False,
    "show_toc_level": 2,
    "home_page_in_toc": True,
    "navbar_persistent": [],
}
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_last_updated_fmt = ""
