"""What has to be the same in both languages: addresses, placeholders, tags, escapes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from interlingua.inspection.findings import Finding, Kind, Pair, Severity, Span, quoted

MarkKind = Literal["url", "email", "placeholder", "escape"]

# ASCII only: text in another script often goes on behind an address without a space.
_URL = r"(?:https?://|ftp://|www\.)[!#-&(-;=?-\[\]_a-z~]+"
# As long as standards allow: in one long run of letters each place would else be a beginning that is followed to the end.
_EMAIL = r"[A-Za-z0-9._%+-]{1,64}+@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,30}\.[A-Za-z]{2,}"
_NAME = r"[A-Za-z_][A-Za-z0-9_.\[\]-]*"
_PLACEHOLDERS = (
    r"\{\{\s*[^{}]{1,60}?\s*\}\}",  # {{ name }}
    r"\$\{[^{}]{1,60}\}",  # ${name}
    r"%\{[^{}]{1,60}\}",  # %{name}
    r"%%[A-Za-z_]+%%",
    rf"\{{(?:{_NAME}|\d+)?(?:![rsa])?(?::[^{{}}\s]{{0,20}})?\}}",  # {}, {0}, {name}, {price:.2f}
    r"%\([A-Za-z_]\w*\)[-+0#]*+\d*+(?:\.\d+)?[diouxXeEfFgGcrs]",  # %(name)s
    r"(?<![\w%])%(?:\d+\$)?[-+0#]*+\d*+(?:\.\d+)?(?:hh|h|ll|l|z|j|t)?[diouxXeEfFgGcsp@](?![A-Za-z0-9])",  # %s, %1$d, %@
    r"(?<![\w$])\$[A-Za-z_]\w*",  # $name
    r"</?[A-Za-z][\w:-]*(?:\s+[\w:-]+(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))?)*\s*/?>",  # <b>, </a>, <br/>
    r"\[\[[A-Z_0-9]+\]\]|\{[A-Za-z_]\w*,\s*(?:plural|select|selectordinal)\b",  # [[NAME]]; the head of an ICU plural
)
# Of the entities, those that every writer of HTML translates freely (&amp;) are left out of the comparison.
_ENTITY = r"&(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]+);"
_FREE = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#39|#34|#x27);")
_ESCAPE = rf"\\[nrt](?![A-Za-z])|{_ENTITY}"
_MARKS = re.compile(
    f"(?P<url>{_URL})|(?P<email>{_EMAIL})|(?P<placeholder>{'|'.join(_PLACEHOLDERS)})|(?P<escape>{_ESCAPE})"
)
# All marks begin with, or hold, one of these.
_SIGNS = re.compile(r"[{%$<&\[@\\]|://|www\.")
_TRAILING = ".,;:!?)]}'\"*_。、，；：！？）】"

# The part of an address that names a language: a first label, or a segment of the path.
_LOCALE = re.compile(r"(?<=//)(?:[a-z]{2,3}(?:-[a-z]{2,4})?)(?=\.)|(?<=/)(?:[a-z]{2}(?:[-_][A-Za-z]{2,4})?)(?=/|$)")
_CONVERSION = re.compile(r"%[-+0#]*+\d*+(?:\.\d+)?[a-z]*([A-Za-z@])")

_NOUNS: dict[MarkKind, tuple[str, str]] = {
    "url": ("address", "addresses"),
    "email": ("e-mail address", "e-mail addresses"),
    "placeholder": ("placeholder", "placeholders"),
    "escape": ("escape", "escapes"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """An address, placeholder or escape: what it is, its text, and where it stands."""

    kind: MarkKind
    text: str
    span: Span

    @property
    def key(self) -> str:
        """What has to be the same: an address without the part that names a language."""
        if self.kind == "url":
            return _LOCALE.sub("*", self.text.lower().removeprefix("http").removeprefix("s")).rstrip("/")
        if self.kind == "email":
            return self.text.lower()
        return re.sub(r"\s+", "", self.text) if self.text[0] in "{$%" else " ".join(self.text.lower().split())


def find_marks(text: str) -> list[Mark]:
    """All marks of a text, in order."""
    if not _SIGNS.search(text):
        return []
    found = []
    for match in _MARKS.finditer(text):
        kind: MarkKind = match.lastgroup  # type: ignore[assignment]  # the groups are named for the kinds
        piece = match[0]
        if kind == "url":
            piece = _balanced(piece).rstrip(_TRAILING)
        found.append(Mark(kind, piece, (match.start(), match.start() + len(piece))))
    return found


def _balanced(address: str) -> str:
    """An address up to the bracket that closes one before it."""
    depth = 0
    for at, char in enumerate(address):
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return address[:at]
    return address


def blanked(text: str, marks: list[Mark]) -> str:
    """The text with blanks where the marks were: what is left is language. Every character stays where it was."""
    for mark in marks:
        start, stop = mark.span
        text = text[:start] + " " * (stop - start) + text[stop:]
    return text


def check_marks(pair: Pair, source: list[Mark], target: list[Mark]) -> Iterator[Finding]:
    """Compare the marks of both sides, each kind for itself."""
    for kind in ("url", "email", "placeholder", "escape"):
        ours, theirs = (
            [mark for mark in marks if mark.kind == kind and not _FREE.fullmatch(mark.text)]
            for marks in (source, target)
        )
        missing, added = _differences(ours, theirs), _differences(theirs, ours)
        if missing or added:
            yield _finding(kind, missing, added)
        elif kind == "placeholder":
            yield from _check_order(ours, theirs)
    yield from _check_lines(pair)


def _differences(these: list[Mark], those: list[Mark]) -> list[Mark]:
    """Those marks of the first side that the other has too few of."""
    left = Counter(mark.key for mark in those)
    plural = any("," in mark.text for mark in (*these, *those) if mark.text.startswith("{"))
    lacking = []
    for mark in these:
        if left[mark.key] > 0:
            # Another language has more or fewer plural forms, each with its placeholders.
            left[mark.key] -= not plural
        else:
            lacking.append(mark)
    return lacking


def _finding(kind: MarkKind, missing: list[Mark], added: list[Mark]) -> Finding:
    parts = []
    for marks, verb in ((missing, "missing in the target"), (added, "only in the target")):
        if marks:
            noun = _NOUNS[kind][len(marks) > 1]
            parts.append(f"{noun} {verb}: {quoted([mark.text for mark in marks])}")
    grave: dict[Kind, Severity] = {"placeholder": "error", "escape": "warning", "url": "warning", "email": "warning"}
    severity = grave[kind]
    if missing and added and kind in ("url", "email"):
        severity = "error"
    message = "; ".join(parts)
    return Finding(
        kind,
        severity,
        message[0].upper() + message[1:] + ".",
        tuple(mark.span for mark in missing),
        tuple(mark.span for mark in added),
    )


def _check_order(source: list[Mark], target: list[Mark]) -> Iterator[Finding]:
    """Conversions without names or numbers are filled in by their order."""
    ours, theirs = (
        [(mark, found[1]) for mark in marks if (found := _CONVERSION.fullmatch(mark.text))]
        for marks in (source, target)
    )
    if [letter for _, letter in ours] != [letter for _, letter in theirs] and len(ours) == len(theirs):
        yield Finding(
            "placeholder",
            "error",
            f"Placeholders that are filled in by their order stand in another order: {quoted([mark.text for mark, _ in theirs])}.",
            tuple(mark.span for mark, _ in ours),
            tuple(mark.span for mark, _ in theirs),
        )


def _check_lines(pair: Pair) -> Iterator[Finding]:
    source, target = pair.source.strip().count("\n"), pair.target.strip().count("\n")
    if source != target:
        yield Finding(
            "escape", "note", f"The source has {source + 1} line{'s' * (source > 0)} and the target {target + 1}."
        )
