"""Translation checks as one HTML page: the worst first, the evidence marked in the texts, no scripts and no other files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from interlingua.inspection.findings import KINDS, SEVERITIES, Severity, Span
from interlingua.quality.checking import TranslationCheck

_STYLE = """
body { font-family: system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif; color: #1c1c1e;
  background: #fff;
  margin: 2rem auto; max-width: 68rem; padding: 0 1rem; line-height: 1.5; }
h1 { font-size: 1.4rem; margin: 0 0 .3rem; } p.about { color: #5b5b60; margin: .2rem 0 1.2rem; }
table { border-collapse: collapse; font-size: .9rem; margin-bottom: 1.6rem; }
th, td { text-align: start; padding: .2rem 1rem .2rem 0; border-bottom: 1px solid #e2e2e6; }
td.number, th.number { text-align: end; font-variant-numeric: tabular-nums; }
article { border: 1px solid #dcdce0; border-radius: .5rem; margin: 0 0 1rem; overflow: hidden; }
article header { display: flex; gap: 1rem; align-items: center;
  background: #f5f5f7; padding: .35rem .8rem; font-size: .85rem; color: #444; }
.bar { width: 7rem; height: .5rem; background: #dcdce0; border-radius: .25rem; overflow: hidden; }
.bar i { display: block; height: 100%; } .number { font-variant-numeric: tabular-nums; }
.texts { display: grid; grid-template-columns: 1fr 1fr; }
.texts div { padding: .6rem .8rem; overflow-wrap: anywhere; white-space: pre-wrap; }
  .texts div + div { border-inline-start: 1px solid #e2e2e6; }
.empty { color: #8a8a90; font-style: italic; }
mark { border-radius: .2rem; padding: 0 .1rem; } mark.error { background: #ffd3cf; }
  mark.warning { background: #ffe7b3; } mark.note { background: #e4e9f5; }
ul { list-style: none; margin: 0; padding: .4rem .8rem .6rem; border-top: 1px solid #e2e2e6; font-size: .9rem; }
li { padding: .1rem 0; } b.kind { display: inline-block; min-width: 6.5rem; font-weight: 600; }
.error b.kind { color: #b3261e; } .warning b.kind { color: #8a5a00; } .note b.kind { color: #44608f; }
@media (max-width: 40rem) { .texts { grid-template-columns: 1fr; } .texts div + div { border-inline-start: 0;
  border-top: 1px solid #e2e2e6; } }
@media (prefers-color-scheme: dark) {
  body { background: #16161a; color: #e8e8ec; } article, th, td, ul, .texts div + div { border-color: #3a3a42; }
  article header { background: #222228; color: #c0c0c8; } p.about { color: #a0a0a8; } .bar { background: #3a3a42; }
  mark { color: inherit; } mark.error { background: #7a2a25; } mark.warning { background: #6b4e10; }
  mark.note { background: #33456b; }
  .error b.kind { color: #ff9a92; } .warning b.kind { color: #f0be5a; } .note b.kind { color: #9db8ec; } }
"""


@dataclass(frozen=True, slots=True)
class TranslationSummary:
    """What a report says about all pairs together.

    Attributes:
        name: what was checked: the file.
        model: the model that embedded the texts.
        pairs: how many pairs were checked.
        clean: how many have no finding.
        counts: how many pairs have a finding of each kind and severity.
    """

    name: str
    model: str
    pairs: int
    clean: int
    counts: Mapping[tuple[str, Severity], int]


def translation_report(summary: TranslationSummary, worst: Sequence[TranslationCheck]) -> Iterable[str]:
    """The page, piece by piece.

    Args:
        summary: about all pairs.
        worst: those to be shown, in their order.

    Yields:
        Parts of one HTML document; every text of the file is escaped, and stands in its own direction and language.
    """
    title = f"Translation check of {summary.name}"
    shown = f"the {len(worst):,} worst" if len(worst) < summary.pairs else "all"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f'<p class="about">{summary.pairs:,} pairs, {summary.clean:,} of them without a finding; below {shown}, '
        "the worst first. Score: 0 to 1, higher is better, the probability of the same meaning and the findings taken "
        "together; below 0.5 more speaks against the translation than for it. "
        f"Model: {escape(summary.model)}.</p>\n"
    )
    yield from _table(summary)
    for check in worst:
        yield _article(check)
    yield "</body>\n</html>\n"


def _table(summary: TranslationSummary) -> Iterable[str]:
    kinds = [kind for kind in KINDS if any(summary.counts.get((kind, severity)) for severity in SEVERITIES)]
    if not kinds:
        return
    heads = "".join(f'<th class="number">{severity}s</th>' for severity in SEVERITIES)
    yield f"<table>\n<thead><tr><th>pairs with findings about</th>{heads}</tr></thead>\n<tbody>\n"
    for kind in kinds:
        cells = "".join(
            f'<td class="number">{summary.counts.get((kind, severity), 0):,}</td>' for severity in SEVERITIES
        )
        yield f"<tr><td>{kind}</td>{cells}</tr>\n"
    yield "</tbody>\n</table>\n"


def _article(check: TranslationCheck) -> str:
    # From red to green.
    colour = f"hsl({int(120 * check.score)} 65% 42%)"
    sides = [
        (check.source, check.source_lang, [(finding.severity, finding.source_spans) for finding in check.findings]),
        (check.target, check.target_lang, [(finding.severity, finding.target_spans) for finding in check.findings]),
    ]
    texts = "".join(f'<div dir="auto"{_lang(lang)}>{_marked(text, spans)}</div>' for text, lang, spans in sides)
    items = "".join(
        f'<li class="{finding.severity}"><b class="kind">{finding.kind}</b> <bdi>{escape(finding.message)}</bdi></li>'
        for finding in check.findings
    )
    figures = "".join(
        f'<span class="number">{name} {value:.2f}</span>'
        for name, value in (("score", check.score), ("probability", check.probability))
    )
    bar = f'<span class="bar"><i style="width:{100 * check.score:.0f}%;background:{colour}"></i></span>'
    langs = f"{escape(check.source_lang or '?')} → {escape(check.target_lang or '?')}"
    header = f"<header><span>row {check.row:,}</span>{bar}{figures}<span>{langs}</span></header>"
    listed = f"<ul>{items}</ul>" if items else ""
    return f'<article>\n{header}\n<div class="texts">{texts}</div>\n{listed}\n</article>\n'


def _lang(lang: str | None) -> str:
    return f' lang="{escape(lang)}"' if lang else ""


def _marked(text: str, spans: Sequence[tuple[Severity, Sequence[Span]]]) -> str:
    """The text, escaped, with the evidence marked; where findings overlap, the graver one's colour."""
    if not text.strip():
        return '<span class="empty">empty</span>'
    colours: list[str] = [""] * len(text)
    for severity, places in sorted(spans, key=lambda item: -SEVERITIES.index(item[0])):
        for start, stop in places:
            # What covers the whole text would only make it unreadable.
            if stop - start < len(text):
                colours[start:stop] = [severity] * len(colours[start:stop])
    parts, start = [], 0
    for at in range(1, len(text) + 1):
        if at == len(text) or colours[at] != colours[start]:
            piece = escape(text[start:at].encode("utf-8", "replace").decode("utf-8"))
            parts.append(f'<mark class="{colours[start]}">{piece}</mark>' if colours[start] else piece)
            start = at
    return "".join(parts)
