"""Negation: whether one side says no and the other does not. As far as words tell it: a note, never more."""

# ruff: noqa: E501  # a language has one line

from __future__ import annotations

import re
from collections.abc import Iterator

from interlingua.inspection.findings import Finding, Pair
from interlingua.inspection.words import fold

# Words that negate a clause; ``without`` and ``un-`` are left out, they are rendered freely. Patterns of a folded text.
_NEGATORS = {
    "en": r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|cannot|without|unable|lacks?)\b|n['’]t\b|\b(?:un|in|im|non)\w+",
    "de": r"\b(?:nicht|kein\w*|nie|niemals|niemand\w*|nichts|weder|noch nie|ohne|un\w+)\b",
    "fr": r"\b(?:ne|pas|jamais|aucun\w*|rien|personne|ni|sans|non|im\w+|in\w+)\b|\bn['’]",
    "es": r"\b(?:no|nunca|jamás|ningun\w*|ningún|nadie|nada|ni|sin|tampoco|in\w+|im\w+)\b",
    "pt": r"\b(?:não|nunca|jamais|nenhum\w*|ninguém|nada|nem|sem|in\w+|im\w+)\b",
    "it": r"\b(?:non|mai|nessun\w*|niente|nulla|né|senza|no|in\w+|im\w+)\b",
    "nl": r"\b(?:niet\w*|geen|nooit|niemand|niets|noch|zonder|on\w+)\b",
    "ru": r"\b(?:не|ни|нет|нельзя|никогда|никто|ничего|без|не\w+|ни\w+|отсутств\w+)\b",
    "uk": r"\b(?:не|ні|немає|нема|ніколи|ніхто|нічого|без|не\w+|ні\w+|відсутн\w+)\b",
    "pl": r"\b(?:nie\w*|nigdy|nikt|nic|żad\w+|bez|brak\w*|ani)\b",
    "tr": r"\w+m[ae](?:z|d[ıi]|m[ıi]ş|y[ae]|k|s[ıi]|l[ıi])\w*\b|\b(?:değil\w*|yok\w*|hiç\w*|asla|ne)\b|\w+m[ıiuü]yor\w*|\w+s[ıiuü]z\w*",
    "ar": r"(?:^|\s)[وف]?(?:لا|لم|لن|ليس\w*|غير|ما|دون|بدون|عدم|بلا|أي)\b|عدم|غير|دون",
    "hi": r"नहीं|नही|न\b|मत\b|बिना|कोई|ना\b|गैर|अ\w+",
    "zh": r"[不没沒无無非未勿别別莫否]",
    "ja": r"ない|なく|なかっ|ません|ず|ぬ|不|無|非|未|なし|まい",
    "ko": r"않|없|아니|못|말\b|마세요|마십시오|안\s|금지|불|무|비|미",
    "id": r"\b(?:tidak|tak|bukan\w*|belum|jangan\w*|tanpa|tiada|tidaklah)\b",
    "ms": r"\b(?:tidak|tak|bukan\w*|belum|jangan\w*|tanpa|tiada)\b",
    "vi": r"\b(?:không|chưa|chẳng|đừng|chớ|vô|phi|bất)\b",
    "th": r"ไม่|มิ|ไร้|อย่า|ห้าม",
    "fa": r"\b(?:نه|هیچ\w*|بدون|غیر\w*|عدم|نیست\w*|ن\w+|بی)\b|نمی|نا",
    "bn": r"না|নেই|নয়|নি\b|অ\w+|ছাড়া|কোন",
    "sv": r"\b(?:inte|ej|icke|ingen|inget|inga|aldrig|utan|o\w+)\b",
    "cs": r"\b(?:ne\w*|ni\w+|žád\w+|bez|nikdy|není)\b",
    "ro": r"\b(?:nu|n(?= [aăâeioîu])|nici\w*|niciodată|nimic|fără|ne\w+|in\w+)\b",
    "hu": r"\b(?:nem|ne|nincs\w*|soha|senki|semmi\w*|sem|se|nélkül)\b|\w+(?:tlan|tlen|atlan|etlen)\w*",
}
# What certainly negates: only these are asked for on the side that negates.
_STRONG = {
    "en": r"\b(?:do|does|did|is|are|was|were|will|would|can|could|should|must|may|has|have|had)(?: not\b|n['’]t\b)|\bcannot\b|\bnever\b",
    "de": r"\b(?:nicht|niemals|keinesfalls)\b(?! nur)", "fr": r"\bne\s+\w+\s+(?:pas|jamais)\b|\bn['’]\w+\s+pas\b",
    "es": r"\b(?:no|nunca|jamás)\b(?! solo| sólo| obstante)", "pt": r"\b(?:não|nunca|jamais)\b(?! só| apenas)",
    "it": r"\b(?:non)\b(?! solo| soltanto)", "nl": r"\bniet\b(?! alleen)", "ru": r"\bне\b(?! только)", "uk": r"\bне\b(?! тільки| лише)",
    "pl": r"\bnie\b(?! tylko)", "zh": r"不(?:是|能|会|應|应|要|可|得)|没有|沒有|从未|從未|切勿", "ja": r"ません|ではない|でない",
    "id": r"\b(?:tidak|jangan)\b", "ms": r"\b(?:tidak|jangan)\b", "vi": r"\bkhông (?:phải|thể|được|nên)\b", "hi": r"नहीं",
    "ar": r"(?:^|\s)[وف]?(?:لم|لن|ليس)\b", "sv": r"\binte\b(?! bara)", "ko": r"않았|않습니다|없습니다|아닙니다", "bn": r"\bনা\b|নয়",
}  # fmt: skip
_QUESTION = re.compile(r"[?？؟]\s*$")
_LONGEST = 160
"""Longer texts have several clauses: what one of them negates may be said otherwise."""

_PATTERNS: dict[str, tuple[re.Pattern[str], re.Pattern[str] | None]] = {}


def check_negation(pair: Pair) -> Iterator[Finding]:
    """Report where one side certainly negates and the other has nothing that could be a negation."""
    ours, theirs = _patterns(pair.source_lang), _patterns(pair.target_lang)
    if ours is None or theirs is None or _QUESTION.search(pair.source):
        return
    if len(pair.source) > _LONGEST or len(pair.target) > _LONGEST:
        return
    sides = (
        (pair.source, ours[1], pair.target, theirs[0], True),
        (pair.target, theirs[1], pair.source, ours[0], False),
    )
    for text, strong, other, weak, of_source in sides:
        found = strong.search(text.casefold()) if strong is not None else None
        if found is not None and not weak.search(fold(other)):
            where, there = ("source", "target") if of_source else ("target", "source")
            word = " ".join(found[0].split())
            span = found.span() if len(text.casefold()) == len(text) else None
            spans = (span,) if span is not None else ()
            yield Finding(
                "negation",
                "note",
                f"The {where} negates (“{word}”), the {there} seems not to.",
                spans if of_source else (),
                () if of_source else spans,
            )


def _patterns(lang: str | None) -> tuple[re.Pattern[str], re.Pattern[str] | None] | None:
    base = (lang or "").partition("-")[0]
    if base not in _NEGATORS:
        return None
    if base not in _PATTERNS:
        strong = _STRONG.get(base)
        _PATTERNS[base] = (re.compile(_NEGATORS[base]), re.compile(strong) if strong else None)
    return _PATTERNS[base]
