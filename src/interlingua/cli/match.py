"""``interlingua match``: two files; for each left text its best right ones, or that nothing matches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.inputs import Intake
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    CalibrationFile,
    Clean,
    Encoding,
    Format,
    Invalid,
    KeepEmbeddings,
    Model,
    OnInvalid,
    OutputFormat,
    Precision,
    PrecisionKind,
    Progress,
    ReadAs,
)
from interlingua.cli.output import emit, say
from interlingua.cli.watched import WatchedEncoder
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.matching.match import Matcher
    from interlingua.matching.results import Match
    from interlingua.types import Record


class Unmatched(StrEnum):
    """What is printed of left texts that nothing matches."""

    show = "show"
    hide = "hide"
    only = "only"


class PromptsName(StrEnum):
    """What the two files hold."""

    symmetric = "symmetric"
    query_document = "query-document"


def match(
    left: Annotated[
        str,
        typer.Argument(
            metavar="LEFT", help="The texts that something is wanted for: txt, csv, tsv or jsonl, also .gz; or -."
        ),
    ],
    right: Annotated[str, typer.Argument(metavar="RIGHT", help="The texts to pick from, likewise.")],
    one_to_one: Annotated[
        bool, typer.Option("--one-to-one", help="Use each right text at most once: the assignment that is best in all.")
    ] = False,
    top_k: Annotated[
        int, typer.Option("-k", "--top-k", metavar="N", min=1, help="How many candidates to print for each left text.")
    ] = 1,
    unmatched: Annotated[
        Unmatched,
        typer.Option(
            help="Left texts that nothing matches: show them with their nearest candidate, hide them, or show only them."
        ),
    ] = Unmatched.show,
    target_precision: Annotated[
        float, typer.Option("--target-precision", metavar="SHARE", help="The wanted share of right matches.")
    ] = 0.95,
    prior: Annotated[
        float, typer.Option("--prior", metavar="P", help="The share of left texts that have a counterpart.")
    ] = 0.5,
    min_probability: Annotated[
        float | None,
        typer.Option(
            "--min-probability", metavar="P", help="Match from this probability on [default: by --target-precision]."
        ),
    ] = None,
    calibration: CalibrationFile = None,
    prompts: Annotated[
        PromptsName,
        typer.Option(help="Texts of the same kind on both sides, or questions on the left and answers on the right."),
    ] = PromptsName.symmetric,
    left_column: Annotated[
        str | None,
        typer.Option("--left-column", metavar="NAME", help="The left texts' column [default: text, sentence, …]."),
    ] = None,
    right_column: Annotated[
        str | None,
        typer.Option("--right-column", metavar="NAME", help="The right texts' column [default: text, sentence, …]."),
    ] = None,
    left_id_column: Annotated[
        str | None, typer.Option("--left-id-column", metavar="NAME", help="The left ids' column [default: id].")
    ] = None,
    right_id_column: Annotated[
        str | None,
        typer.Option(
            "--right-id-column",
            metavar="NAME",
            help="The right ids' column; rows of the same id are variants of one text [default: id].",
        ),
    ] = None,
    left_lang: Annotated[
        str | None,
        typer.Option(
            "--left-lang", metavar="CODE", help="The left texts' language [default: lang column, identified]."
        ),
    ] = None,
    right_lang: Annotated[
        str | None,
        typer.Option(
            "--right-lang", metavar="CODE", help="The right texts' language [default: lang column, identified]."
        ),
    ] = None,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    output: OutputFormat = Format.table,
    read_as: ReadAs = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    embedding_cache: KeepEmbeddings = False,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Find each text's counterpart in another file, or none.

    The probability is that of being the right one among all right texts, 0 to 1. The decision is "match" where it is high
    enough for the wanted precision, otherwise "none", with the nearest candidate beside it.
    """
    from interlingua.encoding.joint import open_encoder
    from interlingua.languages import canonical
    from interlingua.matching.match import Matcher
    from interlingua.progress import progress_bar
    from interlingua.scoring.calibration import Calibration

    if left == "-" and right == "-":
        raise OptionError("the left and the right texts cannot both come from standard input.")
    codes = tuple(None if code is None else canonical(code) for code in (left_lang, right_lang))
    encoder = WatchedEncoder(
        open_encoder(model, precision=precision.value, embedding_cache=embedding_cache, cache_dir=cache_dir)
    )
    given = None if calibration is None else Calibration.load(calibration, encoder)
    skip = on_invalid is OnInvalid.skip
    sides = []
    for name, path, column, ids, code in (
        ("left", left, left_column, left_id_column, codes[0]),
        ("right", right, right_column, right_id_column, codes[1]),
    ):
        side = _Side(name, Intake(path, encoder.limit, clean=clean, skip=skip), code)
        side.read(column, ids, read_as, encoding)
        sides.append(side)
    asked, pool = sides
    with progress_bar("Matching", len(asked.records) + len(pool.records), show=progress) as advance:
        matcher = Matcher(
            encoder,
            top_k=top_k,
            target_precision=target_precision,
            prior=prior,
            min_probability=min_probability,
            calibration=given,
            prompts=prompts.value,
            advance=advance,
        )
        matcher.set_right(pool.texts, pool.langs, pool.groups())
        find = matcher.one_to_one if one_to_one else matcher.each
        seen = _Seen()
        rows = seen.rows(find(asked.texts, asked.langs), asked, pool, unmatched)
        # A table is printed when it is whole, below the bar.
        table = list(rows) if output is Format.table else rows
        if output is not Format.table:
            emit(table, output)
    if output is Format.table:
        emit(table, output)
    for side in sides:
        side.intake.note_cut(encoder, ((record.row, record.text) for record in side.records))
        side.intake.report()
    seen.report(matcher, asked, pool, None if min_probability is not None else target_precision, prior)


@dataclass
class _Side:
    """A file of texts."""

    name: str
    intake: Intake
    lang: str | None
    records: list[Record] = field(default_factory=list)

    def read(self, text: str | None, ids: str | None, read_as: Any, encoding: str) -> None:
        from interlingua.texts.reading import read_records

        try:
            read_in = read_records(
                self.intake.path,
                format=None if read_as is None else read_as.value,
                text=text,
                id=ids,
                encoding=encoding,
                numbered=False,
            )
            self.records = [record for chunk in self.intake.chunks(read_in) for record in chunk]
        except (InputError, OptionError) as error:
            message = str(error).replace("--text-column", f"--{self.name}-column")
            raise type(error)(message.replace("--id-column", f"--{self.name}-id-column")) from None

    @property
    def texts(self) -> list[str]:
        return [record.text for record in self.records]

    @property
    def langs(self) -> str | list[str | None]:
        return self.lang or [record.lang for record in self.records]

    def groups(self) -> list[object] | None:
        """The ids, if some rows share one; a row without an id is a group by itself."""
        ids = [record.id for record in self.records if record.id]
        different = len(set(ids))
        if different == len(ids):
            return None
        say(f"{self.intake.name}: {len(ids):,} rows have {different:,} ids; rows of the same id are taken as variants")
        return [record.id or record.row for record in self.records]

    def id_of(self, row: int) -> str:
        record = self.records[row]
        return record.id or str(record.row)


@dataclass
class _Seen:
    """What is told at the end."""

    matched: int = 0
    used: set[str] = field(default_factory=set)

    def rows(
        self, found: Iterable[Match], left: _Side, right: _Side, unmatched: Unmatched
    ) -> Iterator[dict[str, object]]:
        for match in found:
            if match.matched:
                self.matched += 1
                self.used.add(right.id_of(match.candidates[0].row))
            if unmatched is not Unmatched.show and match.matched is (unmatched is Unmatched.only):
                continue
            for rank, candidate in enumerate(match.candidates, 1):
                yield {
                    "left_id": left.id_of(match.row),
                    "left_text": left.records[match.row].text,
                    "decision": "match" if match.matched and rank == 1 else "none",
                    "probability": round(candidate.probability, 6),
                    "rank": rank,
                    "right_id": right.id_of(candidate.row),
                    "right_text": right.records[candidate.row].text,
                    "left_lang": match.lang,
                    "right_lang": candidate.lang,
                    "cosine": round(candidate.cosine, 6),
                    "centred_cosine": round(candidate.centred_cosine, 6),
                }

    def report(self, matcher: Matcher, left: _Side, right: _Side, precision: float | None, prior: float) -> None:
        ids = len({right.id_of(row) for row in range(len(right.records))})
        why = "" if precision is None else f", for a precision of {precision:g} at a prior of {prior:g}"
        say(
            f"{left.intake.name}: {self.matched:,} of {len(left.records):,} texts match, {len(left.records) - self.matched:,} do "
            f"not (probability at least {matcher.threshold:.3f}{why}); {right.intake.name}: {len(self.used):,} of {ids:,} used"
        )
