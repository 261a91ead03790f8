"""An alignment as one HTML page: both texts side by side, the doubtful beads marked, no scripts and no other files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from interlingua.alignment.beads import DOUBTFUL, Bead

_LISTED = 200

_STYLE = """
body { font-family: system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif; color: #1c1c1e;
  background: #fff;
  margin: 2rem auto; max-width: 76rem; padding: 0 1rem; line-height: 1.5; }
h1 { font-size: 1.4rem; margin: 0 0 .3rem; overflow-wrap: anywhere; } p.about { color: #5b5b60; margin: .2rem 0 .8rem; }
p.doubtful { font-size: .9rem; margin: 0 0 .8rem; } p.doubtful a { color: #8a5a00; margin-inline-end: .5rem; }
label { display: inline-block; margin: 0 0 1rem .3rem; font-size: .9rem; }
.row { display: grid; grid-template-columns: 1fr 5.5rem 1fr; border-top: 1px solid #e2e2e6;
  content-visibility: auto; contain-intrinsic-size: auto 3.2rem; }
.row > div { padding: .45rem .7rem; overflow-wrap: anywhere; } .row > .middle { padding: .45rem .2rem; }
.head { font-weight: 600; content-visibility: visible; }
.middle { text-align: center; font-size: .75rem; color: #77777d; font-variant-numeric: tabular-nums; }
.middle b { display: block; font-weight: 600; } .bar { display: block; height: .3rem; margin: .25rem auto; width: 4rem;
  background: #e2e2e6; border-radius: .15rem; overflow: hidden; text-align: start; }
.bar i { display: block; height: 100%; background: #4a8a5c; }
.number { color: #9a9aa0; font-size: .75rem; font-variant-numeric: tabular-nums; display: block; }
.doubt > div { background: #fff3d6; } .doubt .middle b { color: #8a5a00; } .doubt .bar i { background: #d69a1e; }
.alone > div { background: #f5f5f7; } .alone.doubt > div { background: #fff3d6; }
.none { color: #8a8a90; font-style: italic; }
#only:checked ~ .row:not(.doubt):not(.head) { display: none; }
:target > div { outline: 2px solid #d69a1e; outline-offset: -2px; }
@media (max-width: 40rem) { .row { grid-template-columns: 1fr; } .head { display: none; } }
@media (prefers-color-scheme: dark) {
  body { background: #16161a; color: #e8e8ec; } .row { border-color: #3a3a42; } p.about { color: #a0a0a8; }
  .bar { background: #3a3a42; } .alone > div { background: #222228; }
  .doubt > div, .alone.doubt > div { background: #4a3a14; } .doubt .middle b, p.doubtful a { color: #f0be5a; } }
@media print { label, #only { display: none; } .row { break-inside: avoid; content-visibility: visible; } }
"""


@dataclass(frozen=True, slots=True)
class AlignmentSummary:
    """What a page says about the whole alignment.

    Attributes:
        source: what the source is called: its file.
        target: what the target is called.
        source_lang: the source's language, None where unknown.
        target_lang: the target's.
        model: the model that embedded the sentences.
        unit: what the numbers count: ``line`` or ``sentence``.
    """

    source: str
    target: str
    source_lang: str | None
    target_lang: str | None
    model: str
    unit: str


def alignment_page(summary: AlignmentSummary, beads: Sequence[Bead]) -> Iterable[str]:
    """The page, piece by piece.

    Args:
        summary: about the whole.
        beads: in their order; rows are shown counted from 1.

    Yields:
        Parts of one HTML document; every text is escaped, and stands in its own direction and language.
    """
    title = f"{summary.source} – {summary.target}"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{_safe(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{_safe(title)}</h1>\n"
    )
    yield from _about(summary, beads)
    yield (
        f'<div class="row head"><div dir="auto">{_safe(summary.source)}</div><div class="middle"></div>'
        f'<div dir="auto">{_safe(summary.target)}</div></div>\n'
    )
    for number, bead in enumerate(beads, 1):
        yield _row(number, bead, summary)
    yield "</body>\n</html>\n"


def _about(summary: AlignmentSummary, beads: Sequence[Bead]) -> Iterator[str]:
    both = sum(bool(bead.source and bead.target) for bead in beads)
    alone = [sum(1 for bead in beads if bead.source and not bead.target), sum(1 for bead in beads if not bead.source)]
    doubtful = [number for number, bead in enumerate(beads, 1) if bead.doubtful]
    yield (
        f'<p class="about">{both:,} pairs; {alone[0]:,} {summary.unit}s of the source and {alone[1]:,} of the target have no '
        f"counterpart. The figure between the texts is the probability that exactly these sentences belong together, 0 to 1, "
        f"higher is surer; what is below {DOUBTFUL:g} is doubtful and marked. Small numbers count {summary.unit}s. "
        f"Model: {_safe(summary.model)}.</p>\n"
    )
    if not doubtful:
        return
    links = " ".join(f'<a href="#b{number}">{number:,}</a>' for number in doubtful[:_LISTED])
    more = f" and {len(doubtful) - _LISTED:,} more" if len(doubtful) > _LISTED else ""
    yield f'<p class="doubtful">{len(doubtful):,} of {len(beads):,} rows are doubtful: {links}{more}</p>\n'
    yield '<input type="checkbox" id="only"><label for="only">Show only these</label>\n'


def _row(number: int, bead: Bead, summary: AlignmentSummary) -> str:
    classes = "row" + " doubt" * bead.doubtful + " alone" * (not (bead.source and bead.target))
    word = "doubtful" if bead.doubtful else "&nbsp;"
    return (
        f'<div class="{classes}" id="b{number}">'
        f"{_cell(bead.source, bead.source_text, summary.source_lang)}"
        f'<div class="middle">{bead.score:.2f}<span class="bar"><i style="width:{100 * bead.score:.0f}%"></i></span>'
        f"<b>{word}</b></div>"
        f"{_cell(bead.target, bead.target_text, summary.target_lang)}</div>\n"
    )


def _cell(rows: tuple[int, ...], text: str, lang: str | None) -> str:
    if not rows:
        return '<div class="none">no counterpart</div>'
    named = f' lang="{escape(lang)}"' if lang else ""
    numbers = f"{rows[0] + 1:,}" if len(rows) == 1 else f"{rows[0] + 1:,}–{rows[-1] + 1:,}"
    # Digits have no direction, so the text decides that of the cell.
    return f'<div dir="auto"{named}><span class="number">{numbers}</span>{_safe(text)}</div>'


def _safe(text: str) -> str:
    """A text for HTML; lone surrogates have no UTF-8."""
    return escape(text.encode("utf-8", "replace").decode("utf-8"))
