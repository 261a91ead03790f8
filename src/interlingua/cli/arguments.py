"""Texts that stand on the command line itself: checked, and named as their user knows them."""

from __future__ import annotations

from interlingua.cli.output import plain, say
from interlingua.errors import InputError, OptionError

_SHOWN = 60


def check_argument(text: str, name: str, *, clean: bool | None) -> str:
    """Check a text that stands on the command line itself.

    Args:
        text: the text.
        name: what messages call it: ``the first text``.
        clean: repair it first; None where the command has no --clean to recommend.

    Returns:
        The text, repaired if wanted. Damage that it still shows is told on standard error.

    Raises:
        InputError: it cannot be embedded.
    """
    from interlingua.texts.checking import describe, find_problems, suspicions

    if clean:
        from interlingua.texts.cleaning import clean as cleaned

        text = cleaned(text)
    if problems := find_problems([text]):
        raise InputError(f"{name} {_cannot_be_embedded(text, problems[0].reason)}.")
    for suspicion in suspicions([text]):
        cure = "; --clean repairs it" if clean is False and suspicion.suggestion is not None else ""
        say(f"warning: {name} looks damaged: {plain(describe(suspicion))}{cure}")
    return text


def argument_names(noun: str, count: int) -> list[str]:
    """What messages call texts of the command line: ``the query``, or ``query 1``, ``query 2``, …."""
    return [f"the {noun}"] if count == 1 else [f"{noun} {number}" for number in range(1, count + 1)]


def checked_language(
    query_lang: str | None, queries: str | None, query_column: str | None, *, fair: bool
) -> str | None:
    """The canonical code of --query-lang, once it is known that the options about queries go together.

    Raises:
        OptionError: they do not, or there is no such language.
    """
    from interlingua.languages import canonical

    if query_column is not None and queries is None:
        raise OptionError("--query-column is for a file of queries, but there is no --queries.")
    if query_lang is not None and not fair:
        raise OptionError("--query-lang is for centring, which --no-fair turns off.")
    return None if query_lang is None else canonical(query_lang)


def _cannot_be_embedded(text: str, reason: str) -> str:
    if reason.startswith("only "):
        return f"holds {reason}"
    for position, char in enumerate(text):
        if "\udc80" <= char <= "\udcff":  # how Python keeps a byte of an argument that it cannot decode
            return f"is not UTF-8: byte 0x{ord(char) - 0xDC00:02X} at position {position}"
    return f"holds {reason}" if ":" in reason else f"is {reason}"


def shortened(text: str) -> str:
    """What was given, as far as a message can show it."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
