"""Units of measurement and money behind numbers that match: 5 km is not 5 miles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from interlingua.inspection import words
from interlingua.inspection.digits import Number, ascii_digits, followed_by_large_unit
from interlingua.inspection.findings import Finding, Pair, Severity

# Signs that mean the same in all languages; the longest first. Letters are told apart by case: mg is no Mg.
_SYMBOLS = (
    "km/h", "km²", "m²", "mm", "cm", "km", "kg", "mg", "µg", "μg", "ml", "mL", "°C", "°F", "℃", "℉", "kB", "KB", "MB", "GB", "TB",
    "mph", "USD", "EUR", "GBP", "JPY", "CNY", "INR", "RUB", "%", "$", "€", "£", "¥", "₹", "₽", "₩", "g", "m", "l", "L",
)  # fmt: skip
_SAME = {"μg": "µg", "mL": "ml", "℃": "°C", "℉": "°F", "L": "l", "KB": "kB", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥",
         "CNY": "¥", "INR": "₹", "RUB": "₽"}  # fmt: skip
_MONEY = {
    "$": "dollar|dólar|dolar|доллар|долар|ドル|美元|डॉलर|ডলার|달러|دولار|دالر|δολάρι|דולר|ดอลลาร์|đô la|dólares",
    "€": "euro|евро|євро|ユーロ|欧元|歐元|यूरो|ইউরো|유로|يورو|ευρώ|אירו|ยูโร",
    "£": "pound|livre|libra|pfund|фунт|ポンド|英镑|पाउंड|파운드|جنيه|sterlin",
    "¥": "yen|yuan|иен|юан|円|元|यूआन|엔|위안|ين|يوان",
    "₹": "rupee|roupie|rupia|rupie|рупи|ルピー|卢比|रुपय|रुपए|রুপি|루피|روبية|روپ",
}
_BEFORE, _AFTER = 12, 24
# Single letters stand for much else.
_SHORT = frozenset({"g", "m", "l"})
_TIME = frozenset({"year", "month", "week", "day", "hour", "minute", "second"})
_SYMBOL = re.compile(r"\s?(" + "|".join(re.escape(symbol) for symbol in _SYMBOLS) + r")(?![^\W\d_]|/)")
_SYMBOL_BEFORE = re.compile(r"([$€£¥₹₽₩%])\s?$")
_PERCENT = re.compile("[%٪％﹪‰]")


def check_units(pair: Pair, pairs: tuple[tuple[Number, Number], ...]) -> Iterator[Finding]:
    """Compare what stands beside the numbers that match."""
    if not pairs:
        return
    source, target = ascii_digits(pair.source), ascii_digits(pair.target)
    for ours, theirs in pairs:
        if ours.code or theirs.code or ours.clock:
            continue
        if followed_by_large_unit(source, ours, pair.source_lang) or followed_by_large_unit(
            target, theirs, pair.target_lang
        ):
            continue  # 27 million pounds: the unit stands elsewhere
        a = _unit(source, ours, pair.source_lang)
        b = _unit(target, theirs, pair.target_lang)
        if a is None or b is None:
            if "%" in (a, b) and _no_percent(pair, source=b == "%"):
                yield _finding(ours, theirs, a or "no per cent", b or "no per cent", "warning")
            continue
        if a != b and not ({a, b} & _SHORT and {a, b} & (_TIME | _MONEY.keys())):
            yield _finding(ours, theirs, a, b, "note" if a in _TIME or b in _TIME else "error")


def _finding(ours: Number, theirs: Number, a: str, b: str, severity: Severity) -> Finding:
    message = f"“{ours.text}” has {a} in the source and {b} in the target."
    return Finding("unit", severity, message, (ours.span,), (theirs.span,))


def _no_percent(pair: Pair, *, source: bool) -> bool:
    """Whether a side, in a language whose word for it we know, says per cent nowhere."""
    text, lang = (pair.source, pair.source_lang) if source else (pair.target, pair.target_lang)
    if _PERCENT.search(text) or not words.forms(lang, "unit", "%"):
        return False
    return not words.says(words.fold(text), lang, "unit", "%")


def _unit(text: str, number: Number, lang: str | None) -> str | None:
    """The unit beside a number, or None where we recognise none."""
    start, stop = number.span
    after = text[stop : stop + _AFTER]
    symbol = _SYMBOL.match(after) or _SYMBOL_BEFORE.search(text[max(0, start - _BEFORE) : start])
    if symbol is not None:
        return _SAME.get(symbol[1], symbol[1])
    folded = words.fold(after).lstrip(" -")
    for form, unit in _unit_words(lang):
        if form.match(folded):
            return unit
    return next((sign for sign, pattern in _money().items() if pattern.match(folded)), None)


@lru_cache(maxsize=300)
def _unit_words(lang: str | None) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns for the unit words of a language, the longest forms first."""
    known = [
        (form, unit)
        for unit, forms in words.values(lang, "unit").items()
        for form in forms
        if len(form.rstrip("*")) > 2
    ]
    known.sort(key=lambda item: -len(item[0]))
    return tuple((re.compile(words.form_pattern(form, lang or "")), unit) for form, unit in known)


@lru_cache(maxsize=1)
def _money() -> dict[str, re.Pattern[str]]:
    return {sign: re.compile(listed) for sign, listed in _MONEY.items()}
