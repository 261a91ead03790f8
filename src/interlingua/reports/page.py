"""A picture as a page of its own: the drawing, and its figures in a table, without scripts and without other files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from interlingua.reports.drawing import Drawing
from interlingua.reports.labels import one_line
from interlingua.reports.svg import FONTS, to_svg

_STYLE = (
    f"body {{ font-family: {FONTS}; color: #222; background: #fff; margin: 1.5rem; }} "
    "figure { margin: 0 0 1.5rem; overflow-x: auto; } "
    "table { border-collapse: collapse; font-size: 0.9rem; } "
    "th, td { padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid #ddd; text-align: start; vertical-align: top; } "
    "th.number, td.number { text-align: end; font-variant-numeric: tabular-nums; }"
)

_NUMBER = ' class="number"'


@dataclass(frozen=True, slots=True)
class Table:
    """A picture's figures: the heads of the columns, and rows of texts and numbers."""

    caption: str
    heads: tuple[str, ...]
    rows: Sequence[Sequence[str | int | float]]


def to_html(drawing: Drawing, table: Table) -> str:
    """A whole HTML document. Texts are escaped, and each stands in its own writing direction."""
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{escape(drawing.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
            f"<figure>\n{to_svg(drawing)}</figure>",
            *_table(table),
            "</body>\n</html>\n",
        ]
    )


def _table(table: Table) -> Iterable[str]:
    first = table.rows[0] if table.rows else ()
    numbers = [not isinstance(value, str) for value in first]
    heads = [
        f'<th scope="col"{_NUMBER if number else ""}>{escape(head)}</th>'
        for head, number in zip(table.heads, numbers, strict=True)
    ]
    # Not a <caption>, which would be folded to the width of a narrow table.
    yield f"<p>{escape(table.caption)}</p>"
    yield f"<table>\n<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>"
    for row in table.rows:
        yield f"<tr>{''.join(map(_cell, row))}</tr>"
    yield "</tbody>\n</table>"


def _cell(value: str | int | float) -> str:
    if isinstance(value, str):
        return f'<td dir="auto">{escape(one_line(value))}</td>'
    return f"<td{_NUMBER}>{value:,}</td>" if isinstance(value, int) else f"<td{_NUMBER}>{value:.3f}</td>"
