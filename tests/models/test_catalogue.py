"""The cards of the bundled models, and finding them by name."""

from __future__ import annotations

import json
import tomllib
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from interlingua.errors import OptionError, UnknownModel
from interlingua.languages import canonical
from interlingua.models.card import ModelCard, Prompts
from interlingua.models.catalogue import DEFAULT_MODEL, bundled, find

E5, USE = "e5-small", "use-multilingual-v3"


def test_the_bundled_models_the_default_one_first() -> None:
    assert [card.name for card in bundled()] == [E5, USE]
    assert DEFAULT_MODEL == E5


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("e5-small", E5),
        ("multilingual-e5-small", E5),
        (" E5-Small\n", E5),
        ("use-multilingual-v3", USE),
        ("use", USE),
        ("USE", USE),
        ("universal-sentence-encoder-multilingual", USE),
    ],
)
def test_names_and_aliases(name: str, expected: str) -> None:
    assert find(name).name == expected


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("e5-smal", " Did you mean 'e5-small'?"),
        ("E5_SMALL", " Did you mean 'e5-small'?"),
        ("multilingual-e5-smal", " Did you mean 'multilingual-e5-small'?"),
        ("use-multilingual", " Did you mean 'use-multilingual-v3'?"),
        ("word2vec", ""),
        ("", ""),
    ],
)
def test_an_unknown_name(name: str, hint: str) -> None:
    with pytest.raises(UnknownModel) as raised:
        find(name)
    assert str(raised.value) == f"{name!r} is not a bundled model; there are 'e5-small', 'use-multilingual-v3'.{hint}"
    assert isinstance(raised.value, OptionError)
    assert (raised.value.exit_code, raised.value.http_status) == (2, 404)


@pytest.mark.parametrize("name", [None, 3, ["e5-small"]])
def test_what_is_no_name(name: Any) -> None:
    with pytest.raises(UnknownModel, match="is not a bundled model; there are 'e5-small'"):
        find(name)


def test_the_facts_of_e5() -> None:
    card = find(E5)
    assert (card.dimension, card.max_tokens, card.pooling, card.licence) == (384, 512, "mean", "MIT")
    assert [card.prompts.of(prompt) for prompt in ("symmetric", "query", "document")] == [
        "query: ",
        "query: ",
        "passage: ",
    ]
    assert {"en", "de", "zh", "zh-Hant", "sw", "xh"} <= set(card.languages)


def test_the_facts_of_use() -> None:
    card = find(USE)
    assert (card.dimension, card.max_tokens, card.licence) == (512, 256, "Apache-2.0")
    assert [card.prompts.of(prompt) for prompt in ("symmetric", "query", "document")] == ["", "", ""]
    assert " ".join(sorted(card.languages)) == "ar de en es fr it ja ko nl pl pt ru th tr zh zh-Hant"


@pytest.mark.parametrize("name", [E5, USE])
def test_language_codes_are_canonical_and_stand_once(name: str) -> None:
    languages = find(name).languages
    assert [canonical(code) for code in languages] == list(languages)
    assert len(set(languages)) == len(languages)


# Indexes and language means on people's disks are known by these: a change makes them all useless.
FINGERPRINTS = {E5: "c93ce13eb379c723", USE: "977ef7344455a372"}


@pytest.mark.parametrize("name", [E5, USE])
def test_fingerprints_are_these(name: str) -> None:
    assert find(name).fingerprint == FINGERPRINTS[name]


@pytest.mark.parametrize(
    "change",
    [
        {"prompts": Prompts(symmetric="query: ", query="query: ", document="passage:")},
        {"prompts": Prompts(symmetric="", query="query: ", document="passage: ")},
        {"max_tokens": 256},
        {"pooling": "cls"},
        {"precision": "int8"},
        {"build": 999},
    ],
    ids=str,
)
def test_a_fingerprint_changes_with_what_changes_vectors(change: dict[str, Any]) -> None:
    assert replace(find(E5), **change).fingerprint != FINGERPRINTS[E5]


def test_a_fingerprint_changes_with_any_source_file() -> None:
    card = find(USE)
    weights, pieces = card.sources
    changed = {
        replace(card, sources=sources).fingerprint
        for sources in (
            (replace(weights, sha256="0" * 64), pieces),
            (weights, replace(pieces, sha256="0" * 64)),
            (pieces, weights),
        )
    }
    assert len(changed) == 3
    assert card.fingerprint not in changed


def test_a_fingerprint_does_not_change_with_what_is_only_said_about_a_model() -> None:
    card = find(E5)
    source = replace(card.sources[0], package="another", version="9", path="elsewhere/file.bin")
    told = replace(card, name="x", title="x", licence="x", paper="x", languages=("en",), pins={}, sources=(source,))
    assert told.fingerprint == card.fingerprint


@pytest.mark.parametrize("name", [E5, USE])
def test_a_card_is_frozen_and_is_json(name: str) -> None:
    card = find(name)
    with pytest.raises(FrozenInstanceError):
        card.dimension = 1  # type: ignore[misc]
    facts = json.loads(json.dumps(card.as_dict()))
    assert facts["fingerprint"] == FINGERPRINTS[name]
    assert facts["languages"] == list(card.languages)
    assert facts["sources"][0]["sha256"] == card.sources[0].sha256
    assert facts["prompts"] == {key: card.prompts.of(key) for key in ("symmetric", "query", "document")}


@pytest.mark.parametrize("card", bundled(), ids=lambda card: card.name)
def test_the_weights_packages_are_pinned_to_the_versions_on_the_cards(card: ModelCard) -> None:
    path = Path(__file__).parents[2] / "pyproject.toml"
    required = tomllib.loads(path.read_text(encoding="utf-8"))["project"]["dependencies"]
    wanted = {f"{source.package}=={source.version}" for source in card.sources}
    assert wanted <= {line.partition(";")[0].strip() for line in required}
