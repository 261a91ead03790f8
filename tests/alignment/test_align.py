"""``align``: beads of every kind, with both models, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from interlingua import Encoder, FakeEncoder, InputError, OptionError, TruncationWarning, UnknownLanguage
from interlingua.alignment.align import align, divided
from interlingua.alignment.beads import Bead

ENGLISH = [
    "The ferry to the island leaves at half past six in the morning.",
    "Tickets are sold at the harbour office, which opens an hour earlier.",
    "Dogs travel free of charge. Bicycles cost four euros each way.",
    "In winter the crossing takes a little longer because of the currents.",
    "Our cook was once a famous opera singer.",
    "Please arrive twenty minutes before departure.",
    "The captain decides whether the weather allows us to sail,",
    "and his decision is final.",
    "We wish you a pleasant journey.",
]
GERMAN = [
    "Die Fähre zur Insel legt morgens um halb sieben ab.",
    "Fahrkarten werden im Hafenbüro verkauft, das eine Stunde früher öffnet.",
    "Hunde reisen kostenlos.",
    "Fahrräder kosten vier Euro pro Strecke.",
    "Im Winter dauert die Überfahrt wegen der Strömungen etwas länger.",
    "Bitte seien Sie zwanzig Minuten vor der Abfahrt da.",
    "Der Kapitän entscheidet, ob das Wetter die Fahrt erlaubt, und seine Entscheidung ist endgültig.",
    "Wir wünschen Ihnen eine angenehme Reise.",
    "Die Speisekarte des Restaurants wechselt jede Woche.",
]
GOLD = [
    ((0,), (0,)), ((1,), (1,)), ((2,), (2, 3)), ((3,), (4,)), ((4,), ()), ((5,), (5,)), ((6, 7), (6,)), ((8,), (7,)), ((), (8,)),
]  # fmt: skip


def rows(beads: list[Bead]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(bead.source, bead.target) for bead in beads]


def test_warnings_name_the_rows_that_were_given(use: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlingua.alignment.align._CHUNK", 2)
    long = "word " * 400
    with pytest.warns(TruncationWarning) as caught:
        align(use, ["one", "", "two", "three", long], [long, "un"], source_lang="en", target_lang="fr")
    assert [str(one.message).partition(" longer")[0] for one in caught] == ["source: row 4 is", "target: row 0 is"]


def test_beads_of_every_kind(e5: Encoder) -> None:
    beads = align(e5, ENGLISH, GERMAN)
    assert rows(beads) == GOLD
    assert [bead.kind for bead in beads] == ["1-1", "1-1", "1-2", "1-1", "1-0", "1-1", "2-1", "1-1", "0-1"]
    assert beads[2].target_text == "Hunde reisen kostenlos. Fahrräder kosten vier Euro pro Strecke."
    assert (beads[4].target_text, beads[4].cosine) == ("", None)
    assert all(0 <= bead.score <= 1 for bead in beads)
    assert beads[0].score > 0.9
    assert not beads[0].doubtful


def test_the_other_way_round_and_with_the_other_model(use: Encoder) -> None:
    found = align(use, GERMAN, ENGLISH, source_lang="de", target_lang="en")
    assert rows(found) == [(target, source) for source, target in GOLD]


def test_running_text_is_divided(e5: Encoder) -> None:
    found = align(e5, " ".join(ENGLISH[:4]), " ".join(GERMAN[:5]))
    assert rows(found) == [((row,), (row,)) for row in range(5)]
    assert found[2].source_text == "Dogs travel free of charge."
    assert divided("One. Two!\nThree", "en") == ["One.", "Two!", "Three"]


def test_empty_rows_are_beads_of_their_own(e5: Encoder) -> None:
    found = align(e5, [ENGLISH[0], "", ENGLISH[1], " "], [GERMAN[0], GERMAN[1], ""])
    assert rows(found) == [((0,), (0,)), ((1,), ()), ((2,), (1,)), ((3,), ()), ((), (2,))]


def test_a_document_with_itself(fake: FakeEncoder) -> None:
    text = [f"Sentence number {row} speaks of thing {row * row}." for row in range(40)]
    assert rows(align(fake, text, text)) == [((row,), (row,)) for row in range(40)]


def test_one_to_one_only(fake: FakeEncoder) -> None:
    found = align(fake, ENGLISH, ENGLISH[2:], longest=1)
    assert rows(found)[-7:] == [((row + 2,), (row,)) for row in range(7)]
    assert {bead.kind for bead in found} <= {"1-1", "1-0", "0-1"}


def test_progress_counts_sentences(fake: FakeEncoder) -> None:
    done: list[int] = []
    align(fake, ["a b", "c d", ""], ["a b"], advance=done.append)
    assert sum(done) == 3


def test_every_sentence_is_in_one_bead_when_nothing_belongs_together(fake: FakeEncoder) -> None:
    random = np.random.default_rng(3)
    ours, theirs = ([" ".join(map(str, random.integers(0, 10**9, 5))) for _ in range(n)] for n in (70, 50))
    found = align(fake, ours, theirs)
    assert [row for bead in found for row in bead.source] == list(range(70))
    assert [row for bead in found for row in bead.target] == list(range(50))


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ([], ["a"], "source: there are no sentences to align."),
        (["a"], ["", " "], "target: there are no sentences to align."),
        ("", "a", "source: there are no sentences to align."),
        (["a"], ["b", None], "target, row 1 (counted from 0): "),
        (["a", "\ud800"], ["b"], "source, row 1 (counted from 0): "),
        (["x" * 30_000], ["b"], "source, row 0 (counted from 0): 30,000 characters are no sentence"),
    ],
)
def test_what_cannot_be_aligned(fake: FakeEncoder, source: object, target: object, message: str) -> None:
    with pytest.raises(InputError) as refused:
        align(fake, source, target)  # type: ignore[arg-type]
    assert str(refused.value).startswith(message)


def test_options_that_do_not_exist(fake: FakeEncoder) -> None:
    for longest in (0, 11, 2.5, True):
        with pytest.raises(OptionError, match="longest is a whole number from 1 to 10"):
            align(fake, ["a"], ["b"], longest=longest)  # type: ignore[arg-type]
    with pytest.raises(UnknownLanguage):
        align(fake, ["a"], ["b"], source_lang="klingonese")


def test_made_documents(use: Encoder, development_data: Path) -> None:
    """A document with sentences joined and left out: precision and recall of the beads with both sides, strict."""
    file = development_data / "align_made" / "tico.fr-en.jsonl"
    if not file.exists():
        pytest.skip("align_made is not here")
    with file.open(encoding="utf-8") as lines:
        document = [json.loads(line) for line in lines][1]
    found = {bead for bead in rows(align(use, document["src"], document["tgt"])) if all(bead)}
    gold = {(tuple(a), tuple(b)) for a, b in document["gold"] if a and b}
    assert len(found & gold) >= 0.9 * max(len(found), len(gold))
