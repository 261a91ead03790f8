"""The mapped vocabulary gives the ids of ``tokenizers``, which loads the standard file that lies beside it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from interlingua import Encoder, load_corpus
from interlingua.encoding.tokenizing import TextTokenizer
from interlingua.encoding.vocabulary import Vocabulary
from interlingua.errors import CorruptModel
from interlingua.models.files import TOKENIZER_FILE
from interlingua.models.store import folder_of
from interlingua.models.tokenizer_file import Unigram, nmt_nfkc, write_normalizer
from interlingua.models.vocabulary_file import write_vocabulary

PIECES = [
    ("<s>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("▁", -4.0),
    ("▁ab", -3.0),
    ("a", -2.0),
    ("b", -2.5),
    ("ab", -4.5),
]
NO_LIMIT = 10**9


def unigram(pieces: list[tuple[str, float]]) -> Unigram:
    return Unigram(pieces, unknown=2, begin=("<s>", 0), end=("</s>", 1), others=(), normalizer=nmt_nfkc())


@pytest.fixture
def tiny(tmp_path: Path) -> TextTokenizer:
    write_vocabulary(tmp_path, unigram(PIECES))
    write_normalizer(tmp_path, unigram(PIECES))
    return TextTokenizer(tmp_path, NO_LIMIT)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("ab", [4]),  # -3 beats ▁ + ab (-8.5) and ▁ + a + b (-8.5)
        ("abab", [4, 7]),  # a + b is as good as ab (-4.5): what was found first stays
        ("b a", [3, 6, 3, 5]),
        ("xyz", [3, 2]),  # a run of unknown characters is one piece
        ("x a y", [3, 2, 3, 5, 3, 2]),
        ("<s>", [3, 2]),  # the spelling of a special piece is text
        ("  ab \t ab ", [4, 4]),
    ],
)
def test_known_answers(tiny: TextTokenizer, text: str, ids: list[int]) -> None:
    found = tiny.tokenize([text], "").ids[0]
    assert found[0] == 0
    assert found[-1] == 1
    assert found[1:-1] == ids


def test_a_prompt_is_part_of_the_text(tiny: TextTokenizer) -> None:
    assert tiny.tokenize(["b"], "a ").ids == tiny.tokenize(["a b"], "").ids


def test_a_piece_across_a_space_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptModel, match="'a▁b', which goes across a space"):
        write_vocabulary(tmp_path, unigram([*PIECES, ("a▁b", -1.0)]))


def test_equal_pieces_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptModel, match="Two pieces"):
        write_vocabulary(tmp_path, unigram([*PIECES, ("a", -1.0)]))


@pytest.mark.parametrize("damage", [lambda data: data[:-3], lambda data: b"x" + data[1:], lambda _data: b"x" * 64])
def test_another_file_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    write_vocabulary(tmp_path, unigram(PIECES))
    path = tmp_path / "vocabulary.bin"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CorruptModel, match="is not a compiled vocabulary"):
        Vocabulary(path)


def _agree(encoder: Encoder, cache: Path, texts: list[str]) -> None:
    encoder.load()
    folder = folder_of(encoder.card, cache)
    ours = TextTokenizer(folder, NO_LIMIT)
    reference = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    prepared = [ours._prepare(text)[0] for text in texts]
    expected = [encoding.ids for encoding in reference.encode_batch_fast(prepared)]
    differing = [
        text for text, mine, theirs in zip(texts, ours.tokenize(texts, "").ids, expected, strict=True) if mine != theirs
    ]
    assert differing == []


@pytest.mark.parametrize("model", ["e5", "use"])
def test_ids_on_the_demo_corpus(model: str, request: pytest.FixtureRequest, model_cache: Path) -> None:
    _agree(request.getfixturevalue(model), model_cache, [item.text for item in load_corpus()])


@pytest.mark.parametrize("model", ["e5", "use"])
def test_ids_on_real_text(
    model: str, request: pytest.FixtureRequest, model_cache: Path, development_data: Path
) -> None:
    texts = []
    for path in sorted((development_data / "sib200").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        texts.extend(row["text"] for row in rows[::40])
    assert len(texts) > 4000
    _agree(request.getfixturevalue(model), model_cache, texts)
