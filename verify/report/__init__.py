"""One page of what the sign-off found, from the records of build/results: as HTML, and the same as Markdown.

python -m verify.report        0 where all of it is green
"""

from verify.results import FOLDER

HTML = FOLDER.parent / "report" / "index.html"
MARKDOWN = HTML.with_name("report.md")
