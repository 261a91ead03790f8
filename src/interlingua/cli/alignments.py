"""What ``interlingua align`` does with two files: read them, align them, write what was found."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from interlingua.cli.inputs import Intake
from interlingua.cli.output import say
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.alignment.beads import Bead
    from interlingua.cli.watched import WatchedEncoder


@dataclass(frozen=True, slots=True)
class Document:
    """A file as sentences.

    Attributes:
        name: what messages call it.
        sentences: those that can be embedded.
        rows: their lines (sentences, where the text was divided), counted from 1.
        lang: its language, None where unknown.
    """

    name: str
    sentences: list[str]
    rows: list[int]
    lang: str | None


@dataclass(frozen=True, slots=True)
class Aligning:
    """How files are to be aligned.

    Attributes:
        encoder: what embeds the sentences.
        source_lang: the language of the sources, if it is known.
        target_lang: that of the targets.
        split: whether running text is to be divided into sentences.
        longest: the most sentences of a bead on a side.
        min_score: beads with a lower probability are left out.
        format: tsv, jsonl or tmx.
        encoding: of the files.
        clean: repair texts first.
        skip: leave out rows that cannot be embedded, instead of stopping.
        progress: whether to show progress; None shows it on a terminal.
    """

    encoder: WatchedEncoder
    source_lang: str | None
    target_lang: str | None
    split: bool
    longest: int
    min_score: float
    format: str
    encoding: str
    clean: bool
    skip: bool
    progress: bool | None

    def files(self, source: str, target: str, out: Path | None, html: Path | None) -> None:
        """Align two files, and write what was found as a whole: to a file, or standard output; and a page."""
        from interlingua.texts.writing import open_atomic

        ours, theirs = self.read(source, self.source_lang), self.read(target, self.target_lang)
        self.check_languages(ours, theirs)
        beads = self.align(ours, theirs)
        if html is not None:
            from interlingua.reports.alignment_page import AlignmentSummary, alignment_page

            unit = "sentence" if self.split else "line"
            model = self.encoder.knowing([ours.lang, theirs.lang])
            summary = AlignmentSummary(ours.name, theirs.name, ours.lang, theirs.lang, model.name, unit)
            with open_atomic(html) as page:
                page.writelines(alignment_page(summary, beads))
        if out is None:
            self.write(beads, ours, theirs, sys.stdout)
        else:
            with open_atomic(out) as file:
                self.write(beads, ours, theirs, file)
        both = sum(bool(bead.source and bead.target) for bead in beads)
        doubtful = sum(bead.doubtful for bead in beads)
        say(
            f"{ours.name}, {theirs.name}: {both:,} pairs, {len(beads) - both:,} without a counterpart; {doubtful:,} doubtful"
        )

    def read(self, path: str, lang: str | None) -> Document:
        """A file's sentences.

        Raises:
            InputError: it cannot be read, or holds no sentences; with file and row.
        """
        from interlingua.alignment.align import MOST_CHARACTERS, language_of
        from interlingua.texts.reading import read_records

        intake = Intake(path, self.encoder.limit, clean=self.clean, skip=self.skip)
        records = read_records(path, format="txt", encoding=self.encoding)
        if self.split:
            records = self._divided(list(records), lang)
        found = [record for chunk in intake.chunks(records) for record in chunk]
        for record in found:
            if len(record.text) > MOST_CHARACTERS:
                cure = "no mark in it ends a sentence" if self.split else "give --split, if this is running text"
                where = "sentence" if self.split else "line"
                raise InputError(
                    f"{intake.name}: {where} {record.row} has {len(record.text):,} characters, too many for a sentence; {cure}."
                )
        intake.report()
        sentences = [record.text for record in found]
        return Document(intake.name, sentences, [record.row for record in found], language_of(sentences, lang))

    def align(self, source: Document, target: Document) -> list[Bead]:
        """Beads whose rows are those of the files, counted from 0."""
        from interlingua.alignment.align import align
        from interlingua.progress import progress_bar

        total = len(source.sentences) + len(target.sentences)
        with progress_bar("Aligning", total, show=self.progress, unit="sentences") as advance:
            beads = align(
                self.encoder.knowing([source.lang, target.lang]),
                source.sentences,
                target.sentences,
                source_lang=source.lang,
                target_lang=target.lang,
                longest=self.longest,
                advance=advance,
            )
        self._report_cut(source, target)
        return [
            replace(
                bead,
                source=tuple(source.rows[row] - 1 for row in bead.source),
                target=tuple(target.rows[row] - 1 for row in bead.target),
            )
            for bead in beads
            if bead.score >= self.min_score
        ]

    def write(self, beads: Sequence[Bead], source: Document, target: Document, out: TextIO) -> None:
        """Write beads in the wanted format."""
        if self.format == "tmx":
            from interlingua.texts.tmx_writing import write_tmx

            units = ((bead.source_text, bead.target_text, bead.score) for bead in beads if bead.source and bead.target)
            write_tmx(units, out, source_lang=str(source.lang), target_lang=str(target.lang))
            return
        from interlingua.texts.writing import write_rows

        write_rows(map(self._row, beads), out, "jsonl" if self.format == "jsonl" else "tsv")

    def check_languages(self, source: Document, target: Document) -> None:
        """That the languages are known, where the format needs them.

        Raises:
            OptionError: one is not.
        """
        if self.format != "tmx":
            return
        for document, option in ((source, "--source-lang"), (target, "--target-lang")):
            if document.lang is None:
                raise OptionError(
                    f"{document.name}: tmx names the languages, and this one was not recognised; give {option}."
                )

    def _row(self, bead: Bead) -> dict[str, Any]:
        rows = [[row + 1 for row in side] for side in (bead.source, bead.target)]
        shown: list[Any] = rows if self.format == "jsonl" else [",".join(map(str, side)) for side in rows]
        return {
            "score": round(bead.score, 4),
            "doubtful": bead.doubtful,
            "source_rows": shown[0],
            "target_rows": shown[1],
            "cosine": None if bead.cosine is None else round(bead.cosine, 4),
            "source": bead.source_text,
            "target": bead.target_text,
        }

    def _divided(self, records: list[Any], lang: str | None) -> Iterator[Any]:
        """The sentences of a text, as records with the number of the sentence."""
        from interlingua.alignment.align import language_of
        from interlingua.texts.sentences import sentences

        lines = [record.text for record in records]
        lang = language_of(lines, lang)
        number = 0
        for record in records:
            for start, stop in sentences(record.text, lang):
                number += 1
                yield replace(record, text=record.text[start:stop], row=number)

    def _report_cut(self, source: Document, target: Document) -> None:
        for document in (source, target):
            intake = Intake(document.name, self.encoder.limit)
            intake.note_cut(self.encoder, zip(document.rows, document.sentences, strict=True))
            intake.report()
        self.encoder.cut.clear()
