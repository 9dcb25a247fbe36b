"""The documentation as a site: `make docs`. The source is the repository itself, so that links hold there and here."""

import genbench

project = "genbench"
author = "the genbench developers"
version = release = genbench.__version__
extensions = ["myst_nb"]
nb_execution_mode = "off"  # `python docs/execute.py` keeps the outputs
include_patterns = ["*.md", "docs/*.md", "docs/**/*.md", "docs/notebooks/*.ipynb", "examples/*/README.md"]
exclude_patterns = [".*", "**/.*", "build", "runs", "local"]
root_doc = "docs/index"
html_theme = "furo"
html_title = f"genbench {version}"
html_copy_source = False
html_show_copyright = False
myst_heading_anchors = 4
highlight_language = "none"
html_extra_path = ["site"]
