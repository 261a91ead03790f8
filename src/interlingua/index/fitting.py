"""What an index learns from translations: where its languages lie."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from interlingua.errors import InputError, InterlinguaError
from interlingua.index.pairs import PairSums
from interlingua.index.reading import Readable
from interlingua.scoring.similarity import Langs, languages_of
from interlingua.texts.checking import check_texts

if TYPE_CHECKING:
    from interlingua.index.snapshot import Report


class Fitting(Readable):
    """An index as far as it is read, and learns from translations."""

    def fit_means(
        self,
        texts_a: Sequence[str],
        texts_b: Sequence[str],
        *,
        lang_a: Langs = None,
        lang_b: Langs = None,
        report: Report | None = None,
    ) -> dict[tuple[str, str], int]:
        """Learn from translations where languages lie, for fair search where languages are about different things.

        Without, a language's mean is estimated from its documents, so what these are about is taken for a part of the
        language. Pairs of further calls add up. The snapshot is made anew, because means are frozen in it.

        Args:
            texts_a: texts, some hundreds in each pair of languages.
            texts_b: the translation of each.
            lang_a: the language of the former, one for all or one for each; None identifies it.
            lang_b: that of the latter.
            report: called with what a snapshot does and its progress.

        Returns:
            How many pairs there are by now in each two languages.

        Raises:
            InputError: a text cannot be embedded, there are not as many of both, or no pair is in two known languages.
            IndexBusy: another process writes.
            StorageError: the disk refuses.
        """
        a, b = (check_texts(texts, name=name).texts for texts, name in ((texts_a, "texts_a"), (texts_b, "texts_b")))
        if len(a) != len(b):
            raise InputError(f"There are {len(a):,} texts but {len(b):,} translations; give one translation a text.")
        langs_a, langs_b = languages_of(a, lang_a), languages_of(b, lang_b)
        with self._writing():
            # Not before: another process may have embedded the index with another model meanwhile.
            vectors = [self._checked(self.encoder.encode_document(texts)) for texts in (a, b)]
            known = self._documents.pairs()
            pairs = (known or PairSums({}, {})).with_pairs(vectors[0], vectors[1], langs_a, langs_b)
            if pairs.counts == (known.counts if known else {}):
                raise InputError("No pair of texts is in two different languages; give their languages.")
            self._tell_pairs(pairs)
            try:
                self._writer().make_snapshot(report)
            except BaseException:
                # Else they would count twice when the call is repeated.
                with suppress(InterlinguaError):
                    self._tell_pairs(known)
                raise
        return pairs.counts

    def _tell_pairs(self, pairs: PairSums | None) -> None:
        with self._documents.transaction():
            self._documents.tell_pairs(pairs)

    def forget_means(self, report: Report | None = None) -> None:
        """Forget what ``fit_means`` has learned, and make the snapshot anew."""
        with self._writing():
            self._tell_pairs(None)
            self._writer().make_snapshot(report)
