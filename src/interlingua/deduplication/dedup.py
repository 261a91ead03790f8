"""``dedup``: one text of each group that says the same, in whatever languages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from interlingua.deduplication.candidates import Candidates
from interlingua.deduplication.crowding import corrections
from interlingua.deduplication.deciding import Decision, Judge, decision
from interlingua.deduplication.grouping import Fate, find_keepers
from interlingua.deduplication.keeping import Keep, check_keep, keeping_order
from interlingua.deduplication.numbers import NumberGuard
from interlingua.deduplication.result import Deduplicated, Reason, Removed
from interlingua.deduplication.rivals import Rivals, find_rivals
from interlingua.deduplication.share import with_duplicates
from interlingua.deduplication.typos import NearlyAlike, Pieces, nearly_alike
from interlingua.errors import InputError
from interlingua.languages import canonical
from interlingua.progress import progress_bar
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.similarity import Langs, languages_of
from interlingua.scoring.sizes import text_size
from interlingua.scoring.tables import embed_centred
from interlingua.texts.checking import as_list, check_texts
from interlingua.texts.forms import normal_form, unshouted
from interlingua.types import TextEncoder

# Up to this many pairs all are compared: 280,000 texts among themselves, some five minutes on two cores.
_ALL_PAIRS = 4.0e10


@dataclass(frozen=True, slots=True)
class _Item:
    """Equal texts in one language: one vector.

    Attributes:
        text: the text.
        lang: its language, given or identified.
        rows: where it stands; the row that is kept before the others first.
        outside: whether it is one of the texts compared against.
    """

    text: str
    lang: str | None
    rows: list[int]
    outside: bool


def dedup(  # noqa: PLR0913  # each is a decision of its own
    encoder: TextEncoder,
    texts: Sequence[str],
    *,
    ids: Sequence[str] | None = None,
    langs: Langs = None,
    against: Sequence[str] | None = None,
    against_langs: Langs = None,
    within: bool = True,
    keep: Keep = "best",
    prefer_langs: Sequence[str] = (),
    per_language: bool = False,
    guard: bool = True,
    typos: bool = True,
    target_precision: float = 0.95,
    threshold: float | None = None,
    prior: float | None = None,
    calibration: Calibration | None = None,
    approximate: bool | None = None,
    show_progress_bar: bool | None = False,
) -> Deduplicated:
    """Find the texts that say the same as another one, in any language, and keep one of each group.

    A text goes if it is a copy of a text that is kept, or one but for case, spacing, punctuation and Unicode form, or if the
    probability that both say the same is high enough. Each is a duplicate of its keeper itself. The result does not depend on the
    order of the texts (with ids not even which of several equal rows is kept), unless ``keep`` asks for it.

    Args:
        encoder: what embeds.
        texts: the texts.
        ids: their ids, for the result.
        langs: their languages: one for all, one for each, or None. Where not given they are identified.
        against: another corpus: what is in it goes, whatever ``keep`` says; it itself stays as it is.
        against_langs: the languages of ``against``.
        within: compare the texts among themselves, too; False only compares them with ``against``.
        keep: which of several duplicates is kept: ``best`` (not damaged, not all in capitals, and of these the longest),
            ``longest``, ``first`` (in the order given), or a function that takes a row and gives its value, the largest of which is
            kept.
        prefer_langs: languages whose texts are kept before all others, the most wanted first.
        per_language: keep one text per language: only duplicates in the same language go.
        guard: texts whose numbers or identifiers contradict each other ("room 12", "room 13"; "see stat.py", "see netrc.py")
            are not duplicates; False lets the vectors decide alone.
        typos: texts that are equal but for an evident typing error in one word are duplicates whatever their vectors; False
            lets the vectors decide.
        target_precision: the wanted share of right removals.
        threshold: a probability from which on texts are duplicates; it takes the place of ``target_precision``.
        prior: the share of duplicates among pairs that are alike; by default it follows from the number of
            texts, and from how many of them seem to have a duplicate.
        calibration: what makes probabilities; None takes the one that comes with the model.
        approximate: find pairs with an approximate index; None takes one from about 280,000 texts on.
        show_progress_bar: show progress on standard error; None shows it on a terminal.

    Returns:
        What is kept and what goes, with reasons.

    Raises:
        InputError: a text cannot be embedded, or there are not as many ids or languages as texts.
        OptionError: a number is not between 0 and 1, there is no such rule, or no calibration comes with the model.
        UnknownLanguage: a language code is none.
        StorageError: there is no room for the vectors.
    """
    check_keep(keep)
    prefer_langs = [canonical(lang) for lang in ([prefer_langs] if isinstance(prefer_langs, str) else prefer_langs)]
    calibration = calibration or Calibration.shipped(encoder)
    own = check_texts(texts, name="texts").texts if len(as_list(texts, "texts")) else []
    named = None if ids is None else [str(one) for one in as_list(ids, "ids")]
    if named is not None and len(named) != len(own):
        raise InputError(f"There are {len(own):,} texts but {len(named):,} ids; give one id a text.")
    beside = [] if against is None else as_list(against, "against")
    other = check_texts(beside, name="against").texts if beside else []
    if against is None and not within:
        raise InputError("within=False compares the texts only with those of against, but there are none.")
    pool = len(own) + len(other)
    rule = decision(calibration, pool, target_precision=target_precision, threshold=threshold, prior=prior)

    def ruled(share: float) -> Decision:
        return decision(
            calibration, pool, target_precision=target_precision, threshold=threshold, prior=prior, share=share
        )

    other_langs, own_langs = _languages(other, against_langs), _languages(own, langs)
    outside = keeping_order(other, other_langs, keep="best", prefer_langs=(), ties=None)
    inside = keeping_order(own, own_langs, keep=keep, prefer_langs=prefer_langs, ties=named)
    items = [*_items(other, other_langs, outside, True), *_items(own, own_langs, inside, False)]
    fixed = sum(item.outside for item in items)
    if approximate is None:
        approximate = (len(items) - fixed) * (fixed + (len(items) - fixed) / 2) > _ALL_PAIRS
    fates: dict[int, Fate] = {}
    if len(items) > fixed:
        fates, rule = _fates(
            encoder,
            items,
            rule,
            None if prior is not None else ruled,
            calibration,
            fixed=fixed,
            within=within,
            per_language=per_language,
            guard=guard,
            typos=typos,
            approximate=approximate,
            show=show_progress_bar,
        )
    removed = _removed(items, fates, named, within=within)
    gone = {one.row for one in removed}
    kept = tuple(row for row in range(len(own)) if row not in gone)
    return Deduplicated(
        kept,
        tuple(removed),
        [own[row] for row in kept],
        [] if named is None else [named[row] for row in kept],
        rule.prior,
        rule.threshold,
        approximate,
    )


def _languages(texts: list[str], given: Langs) -> list[str | None]:
    """The language of each text; equal texts are identified once."""
    if given is not None:
        return languages_of(texts, given)
    distinct = list(dict.fromkeys(texts))
    found = dict(zip(distinct, languages_of(distinct, None), strict=True))
    return [found[text] for text in texts]


def _items(texts: list[str], langs: list[str | None], order: list[int], outside: bool) -> list[_Item]:
    """Equal texts of one language together, in the order of keeping."""
    found: dict[tuple[str, str | None], _Item] = {}
    for row in order:
        key = texts[row], langs[row]
        if key in found:
            found[key].rows.append(row)
        else:
            found[key] = _Item(*key, [row], outside)
    return list(found.values())


def _fates(  # noqa: PLR0913  # each is a decision of its own
    encoder: TextEncoder,
    items: list[_Item],
    rule: Decision,
    ruled: Callable[[float], Decision] | None,
    calibration: Calibration,
    *,
    fixed: int,
    within: bool,
    per_language: bool,
    guard: bool,
    typos: bool,
    approximate: bool,
    show: bool | None,
) -> tuple[dict[int, Fate], Decision]:
    """Which items go, and for which; and by what rule, which may follow from how many texts have duplicates."""
    texts, langs = [item.text for item in items], [item.lang for item in items]
    with progress_bar("Encoding", len(items), show=show) as advance:
        vectors = embed_centred(
            encoder,
            list(map(unshouted, texts)),
            langs,
            calibration.means,
            advance=advance,
            name=lambda place: items[place].rows[0],
        )
    sizes = np.array([text_size(text) for text in texts], dtype=np.float64)
    numbers = NumberGuard(texts) if guard else None
    forms = list(map(normal_form, texts))
    keys = [(_digest(form), lang if per_language else None) for form, lang in zip(forms, langs, strict=True)]
    with progress_bar("Looking around", len(items), show=show) as advance:
        crowding = corrections(vectors, [key[0] for key in keys], advance)
    alike = NearlyAlike({}, ())
    if typos:
        alike = nearly_alike(texts, forms, [key[1] for key in keys], _pieces(encoder))
    likely = [pair for pair in alike.likely if within or pair[1] < fixed <= pair[0]]
    judge = Judge(calibration, rule, langs, sizes, same_language_only=per_language)

    def candidates(*, approximate: bool = approximate) -> Candidates:
        return Candidates(vectors, judge, numbers, crowding, likely, within=within, approximate=approximate)

    if ruled is not None:
        codes: dict[object, int] = {}
        copies = np.array([codes.setdefault(key[0], len(codes)) for key in keys], dtype=np.int64)
        rule = ruled(with_duplicates(candidates(approximate=False), copies, fixed=fixed, within=within))
        judge = Judge(calibration, rule, langs, sizes, same_language_only=per_language)
    # Where only texts of one language are compared nobody has rivals.
    rivals, found = Rivals([None] * len(langs) if per_language else langs), None
    if rivals.possible:
        with progress_bar("Comparing", len(items) - fixed, show=show) as advance:
            found = find_rivals(candidates(), rivals, len(items), fixed=fixed, within=within, advance=advance)
    with progress_bar("Choosing" if rivals.possible else "Comparing", len(items) - fixed, show=show) as advance:
        fates = find_keepers(
            found or candidates(),
            keys,
            judge,
            rivals,
            errors=alike.evident,
            fixed=fixed,
            within=within,
            advance=advance,
        )
    return fates, rule


def _pieces(encoder: TextEncoder) -> Pieces | None:
    """What counts the pieces of words in the encoder's vocabulary, where it has one; the prompt adds the same few to all."""
    token_ids = getattr(encoder, "token_ids", None)
    return None if token_ids is None else lambda words: [len(ids) for ids in token_ids(words)]


def _digest(form: str) -> bytes:
    return blake2b(form.encode(), digest_size=16).digest()


def _removed(items: list[_Item], fates: dict[int, Fate], ids: list[str] | None, *, within: bool) -> list[Removed]:
    """What goes, row by row."""
    removed: list[Removed] = []
    for place, item in enumerate(items):
        if item.outside:
            continue
        fate = fates.get(place)
        keeper = item if fate is None else items[fate.keeper]
        rows = item.rows if fate is not None else item.rows[1:] if within else []
        reason = _reason(item, keeper, by_spelling=fate is None or fate.by_spelling)
        for row in rows:
            removed.append(
                Removed(
                    row,
                    keeper.rows[0],
                    reason,
                    1.0 if fate is None else fate.probability,
                    1.0 if fate is None else min(fate.cosine, 1.0),
                    keeper.outside,
                    None if ids is None else ids[row],
                    None if ids is None or keeper.outside else ids[keeper.rows[0]],
                )
            )
    removed.sort(key=lambda one: one.row)
    return removed


def _reason(item: _Item, keeper: _Item, *, by_spelling: bool) -> Reason:
    if item.text == keeper.text:
        return "exact"
    if by_spelling:
        return "normalised" if normal_form(item.text) == normal_form(keeper.text) else "typo"
    return "translation" if None not in (item.lang, keeper.lang) and item.lang != keeper.lang else "near"
