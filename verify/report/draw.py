"""A page as HTML that needs nothing beside itself, and as Markdown."""

import os
import re
from base64 import b64encode
from html import escape

from verify.report import MARKDOWN
from verify.report.document import BAD, GOOD, Page, Section, Table

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; background: #fff; max-width: 74rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem; margin-bottom: .3rem } h2 { font-size: 1.2rem; margin: 2.4rem 0 .3rem; padding: .2rem .6rem; border-left: .5rem solid #b8c2cc }
h2.good { border-color: #2e9e5b } h2.bad { border-color: #d43f3a } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1rem } th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #e4e9ee }
th { color: #5a6775; font-weight: 600; background: #f6f8fa } td { overflow-wrap: anywhere }
tr.good td:first-child { box-shadow: inset .25rem 0 #2e9e5b } tr.bad td { background: #fdf0ef } tr.bad td:first-child { box-shadow: inset .25rem 0 #d43f3a }
code { font: 13px ui-monospace, monospace; background: #f2f5f7; padding: .1rem .3rem; border-radius: .2rem }
.summary { font-size: 1.05rem } .good.summary { color: #1f7a45 } .bad.summary { color: #b3261e } figure { margin: 1rem 0 } img { max-width: 100% } nav a { margin-right: 1rem } summary { cursor: pointer; color: #5a6775 }
"""


def html(page: Page) -> str:
    mark = GOOD if page.passed else BAD
    links = "".join(f'<a href="#{_anchor(section)}">{escape(section.title)}</a>' for section in page.sections)
    body = "".join(_html_section(section) for section in page.sections)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(page.title)}</title>\n'
        f"<style>{STYLE}</style></head><body>\n<h1>{escape(page.title)}</h1>\n"
        f'<p class="{mark} summary">{escape(page.summary)}</p>\n<nav>{links}</nav>\n{body}</body></html>\n'
    )


def _anchor(section: Section) -> str:
    return re.sub(r"\W+", "-", section.title.lower())


def _html_section(section: Section) -> str:
    command = f"<p><code>{escape(section.command)}</code></p>\n" if section.command else ""
    tables = "".join(_html_table(table) for table in section.tables)
    title = f'<h2 class="{section.mark}" id="{_anchor(section)}">{escape(section.title)}</h2>\n'
    pictures = "".join(
        f"<figure><figcaption>{escape(picture.title)}</figcaption>"
        f'<img alt="{escape(picture.title)}" src="data:image/png;base64,{b64encode(picture.file.read_bytes()).decode()}"></figure>\n'
        for picture in section.pictures
    )
    return f"{title}<p>{escape(section.text)}</p>\n{command}{tables}{pictures}"


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "".join(
        f'<tr class="{row.mark}">' + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells) + "</tr>\n"
        for row in table.rows
    )
    drawn = f"<table><tr>{head}</tr>\n{rows}</table>\n"
    if table.folded:
        return f"<details><summary>{escape(table.title)} ({len(table.rows)})</summary>\n{drawn}</details>\n"
    return (f"<h3>{escape(table.title)}</h3>\n" if table.title else "") + drawn


def markdown(page: Page) -> str:
    parts = [f"# {page.title}\n\n**{page.summary}**\n"]
    for section in page.sections:
        word = {GOOD: "", BAD: " (red)"}.get(section.mark, "")
        parts.append(f"\n## {section.title}{word}\n\n{_text(section.text)}\n")
        if section.command:
            parts.append(f"\n    {section.command}\n")
        parts += [_markdown_table(table) for table in section.tables]
        parts += [
            f"\n![{_text(picture.title)}]({os.path.relpath(picture.file, MARKDOWN.parent)})\n"
            for picture in section.pictures
        ]
    return "".join(parts)


def _markdown_table(table: Table) -> str:
    lines = [f"\n### {table.title}\n"] if table.title else []
    lines += ["", _line(["", *table.head]), "|" + "---|" * (len(table.head) + 1)]
    lines += [_line([{GOOD: "ok", BAD: "RED"}.get(row.mark, ""), *row.cells]) for row in table.rows]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(_text(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _text(text: str) -> str:
    """Less what Markdown would read as its own."""
    return re.sub(r"([*_<\[\]`])", r"\\\1", text)
