"""Write the page, say what is red."""

import sys

from tb.runner import ROOT
from verify.report import HTML, MARKDOWN
from verify.report.content import page
from verify.report.document import Page
from verify.report.draw import html, markdown


def write() -> Page:
    found = page()
    HTML.parent.mkdir(parents=True, exist_ok=True)
    HTML.write_text(html(found))
    MARKDOWN.write_text(markdown(found))
    return found


def main() -> int:
    found = write()
    print(f"{found.summary}\npage: {HTML.relative_to(ROOT)}, {MARKDOWN.relative_to(ROOT)}")
    return int(not found.passed)


if __name__ == "__main__":
    sys.exit(main())
