"""Translation memories: languages, inline codes, and files that are torn, strange or hostile."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from interlingua.errors import InputError, OptionError
from interlingua.texts.tmx import is_tmx, read_tmx

DECLARED = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n'
HEAD = DECLARED + '<tmx version="1.4"><header srclang="en"/><body>\n'
TAIL = "</body></tmx>\n"


def unit(*texts: tuple[str, str], attributes: str = "") -> str:
    variants = "".join(f'<tuv xml:lang="{lang}"><seg>{text}</seg></tuv>' for lang, text in texts)
    return f"<tu{attributes}>{variants}</tu>\n"


def write(folder: Path, body: str, *, name: str = "memory.tmx", head: str = HEAD, tail: str = TAIL) -> Path:
    path = folder / name
    path.write_text(head + body + tail, encoding="utf-8")
    return path


def test_pairs_in_the_order_of_the_file(tmp_path: Path) -> None:
    body = (
        unit(("fr-FR", "Bonjour"), ("en-US", "Hello"), attributes=' tuid="x1"')
        + unit(("en", "Only"))
        + unit(("en", "A &amp; B"), ("fr", "A et B"))
    )
    first, second = read_tmx(write(tmp_path, body))
    assert (first.a, first.b, first.row, first.lang_a, first.lang_b) == ("Hello", "Bonjour", 1, "en", "fr")
    assert first.metadata == {"line": 4, "tuid": "x1"}
    assert (second.a, second.b, second.row) == ("A & B", "A et B", 3)


def test_languages_can_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, unit(("en", "Hello"), ("pt-BR", "Oi"), ("pt-PT", "Olá"), ("de", "Hallo")))
    assert [(pair.a, pair.b) for pair in read_tmx(path, lang_a="de", lang_b="pt-PT")] == [("Hallo", "Olá")]
    assert [(pair.a, pair.b) for pair in read_tmx(path, lang_a="en", lang_b="pt")] == [("Hello", "Oi")]
    with pytest.raises(OptionError, match="en, pt-BR, pt-PT, de; give --lang-a and --lang-b"):
        list(read_tmx(path))
    with pytest.raises(
        InputError, match="no translation unit has both ja and another language; its languages: en, pt-BR"
    ):
        list(read_tmx(path, lang_a="ja"))
    with pytest.raises(OptionError, match="different ones"):
        read_tmx(path, lang_a="en", lang_b="en")


def test_inline_codes(tmp_path: Path) -> None:
    coded = 'Press <bpt i="1">&lt;b&gt;</bpt>OK<ept i="1">&lt;/b&gt;</ept>, <hi>{<ph/>}</hi> <ph>%s</ph>.'
    path = write(tmp_path, unit(("en", coded), ("fr", "Appuyez")))
    assert next(iter(read_tmx(path))).a == "Press OK, {} ."
    assert next(iter(read_tmx(path, codes=True))).a == "Press <b>OK</b>, {} %s."


def test_gzip_utf16_and_old_attributes(tmp_path: Path) -> None:
    body = HEAD + '<tu><tuv lang="EN"><seg>Hello</seg></tuv><tuv lang="FR"><seg>Bonjour</seg></tuv></tu>' + TAIL
    zipped = tmp_path / "a.tmx.gz"
    zipped.write_bytes(gzip.compress(body.encode()))
    wide = tmp_path / "b.tmx"
    wide.write_bytes(body.replace("UTF-8", "UTF-16").encode("utf-16"))
    for path in (zipped, wide):
        assert is_tmx(path)
        assert [(pair.a, pair.b) for pair in read_tmx(path)] == [("Hello", "Bonjour")]
    assert not is_tmx("a.tsv")


@pytest.mark.parametrize(
    ("entities", "text"),
    [
        ('<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">', "&b;"),
        ('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"),
        ('<!ENTITY % p SYSTEM "http://127.0.0.1/p.dtd"> %p;', "x"),
    ],
)
def test_entities_are_refused(tmp_path: Path, entities: str, text: str) -> None:
    head = f'<?xml version="1.0"?><!DOCTYPE tmx [{entities}]>\n<tmx><header/><body>'
    with pytest.raises(InputError, match="line 1: it declares or calls in an entity"):
        list(read_tmx(write(tmp_path, unit(("en", text), ("fr", "y")), head=head)))


def test_an_unknown_entity(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 4: the entity &nbsp; is not known"):
        list(read_tmx(write(tmp_path, unit(("en", "a&nbsp;b"), ("fr", "y")))))


def test_a_torn_file_says_where_and_gives_what_came_before(tmp_path: Path) -> None:
    path = write(tmp_path, unit(("en", "Hello"), ("fr", "Bonjour")) + '<tu><tuv xml:lang="en"><seg>Half', tail="")
    pairs = read_tmx(path)
    assert next(pairs).a == "Hello"
    with pytest.raises(InputError, match="the file breaks off at line 5; it seems cut off"):
        next(pairs)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no xml at all", "this is no TMX file"),
        ("", "this is no TMX file"),
        ("<html></html>", "its outermost element is <html>"),
        ("<tmx><body><tu></tuv></body></tmx>", "line 1 is not well-formed XML: mismatched tag"),
        ("<tmx>" + "<a>" * 200, "nested more than 100 deep"),
        ("<tmx><header/><body></body></tmx>", "no translation unit has both"),
    ],
)
def test_what_is_no_memory(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "a.tmx"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        list(read_tmx(path))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_tmx(tmp_path / "a.tmx")
