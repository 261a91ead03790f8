"""Writing translation memories (TMX 1.4), unit by unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from interlingua._version import __version__

# What XML 1.0 cannot hold, not even as an entity.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_tmx(
    units: Iterable[tuple[str, str, float | None]], out: TextIO, *, source_lang: str, target_lang: str
) -> int:
    """Write pairs as a translation memory.

    Args:
        units: source text, target text and, if there is one, a score, which becomes a property of the unit.
        out: where to, open for text (UTF-8).
        source_lang: the language code of the source texts.
        target_lang: that of the target texts.

    Returns:
        The number of units written. Characters that XML cannot hold become U+FFFD.
    """
    out.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n'
        f'<header creationtool="interlingua" creationtoolversion={quoteattr(__version__)} segtype="sentence" '
        f'o-tmf="interlingua" adminlang="en" srclang={quoteattr(source_lang)} datatype="plaintext"/>\n<body>\n'
    )
    number = 0
    for number, (source, target, score) in enumerate(units, 1):
        about = "" if score is None else f'<prop type="x-score">{score:.4f}</prop>'
        sides = "".join(
            f"<tuv xml:lang={quoteattr(lang)}><seg>{_escaped(text)}</seg></tuv>"
            for lang, text in ((source_lang, source), (target_lang, target))
        )
        out.write(f'<tu tuid="{number}">{about}{sides}</tu>\n')
    out.write("</body>\n</tmx>\n")
    return number


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))
