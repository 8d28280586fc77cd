"""What a page is made of, whoever draws it. A mark is good, bad or nothing; its word stands in the text as well."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

GOOD, BAD, PLAIN = "good", "bad", ""


@dataclass(frozen=True)
class Row:
    cells: Sequence[str]
    mark: str = PLAIN


@dataclass(frozen=True)
class Table:
    head: Sequence[str]
    rows: Sequence[Row]
    title: str = ""
    folded: bool = False  # long ones, of which what is red stands elsewhere


@dataclass(frozen=True)
class Picture:
    title: str
    file: Path  # PNG


@dataclass(frozen=True)
class Section:
    title: str
    mark: str
    text: str
    command: str = ""  # repeats it
    tables: Sequence[Table] = field(default_factory=list)
    pictures: Sequence[Picture] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    title: str
    summary: str
    passed: bool
    sections: Sequence[Section]
