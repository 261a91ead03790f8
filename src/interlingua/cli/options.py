"""Options that several commands share, so that they are called the same and explained the same everywhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from interlingua.models.catalogue import DEFAULT_MODEL


class Format(StrEnum):
    """How results are printed."""

    table = "table"
    jsonl = "jsonl"
    tsv = "tsv"


class InputFormat(StrEnum):
    """How a file is read."""

    txt = "txt"
    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"


class OnInvalid(StrEnum):
    """What happens to rows that cannot be embedded."""

    error = "error"
    skip = "skip"


class Long(StrEnum):
    """What happens to texts beyond the model's limit."""

    truncate = "truncate"
    window = "window"
    error = "error"


class PromptKind(StrEnum):
    """What the texts are in the task."""

    symmetric = "symmetric"
    query = "query"
    document = "document"


class PrecisionKind(StrEnum):
    """How exactly is computed."""

    exact = "exact"
    fast = "fast"


class BackendKind(StrEnum):
    """What computes."""

    auto = "auto"
    onnx = "onnx"
    openvino = "openvino"
    torch = "torch"


Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME",
        help="A bundled model (see 'interlingua models list'), or with the extra torch a sentence-transformers folder or "
        "Hugging Face id.",
    ),
]
Models = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME",
        help="A bundled model; several with + between them; or ensemble: both bundled models where both know the "
        "languages.",
    ),
]
CacheDir = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir",
        metavar="FOLDER",
        help="Where imported models lie [default: INTERLINGUA_CACHE, else the platform's place].",
    ),
]
Precision = Annotated[
    PrecisionKind,
    typer.Option(
        "--precision",
        help="exact: vectors as from float32 arithmetic; fast: quantised arithmetic ('interlingua models show' has its loss).",
    ),
]
Backend = Annotated[
    BackendKind,
    typer.Option(
        "--backend",
        help="What computes; auto: onnx, and torch for models that are not bundled or with another --device.",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="NAME",
        help="Where it computes: cpu, cuda or cuda:N [default: the processor; with torch a GPU if there is one].",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", metavar="N", min=1, help="How many batches at once [default: one for each processor]."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        help="How many processes, each with the model loaded for itself [default: one for each device].",
    ),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(
        "--max-memory",
        metavar="SIZE",
        help="The most resident memory, such as 2GB; batches are made smaller before they go beyond.",
    ),
]
KeepEmbeddings = Annotated[
    bool,
    typer.Option(
        "--embedding-cache", help="Keep vectors on disk, and take those that are there (see 'interlingua cache info')."
    ),
]
QueryTexts = Annotated[
    list[str] | None, typer.Argument(metavar="QUERY", help="What to search for; several are answered one by one.")
]
QueryFile = Annotated[
    str | None, typer.Option("--queries", metavar="FILE", help="A file with one query a line (or csv, tsv, jsonl).")
]
QueryColumn = Annotated[
    str | None,
    typer.Option(
        "--query-column",
        metavar="NAME",
        help="The column or field of --queries with the query [default: query, text, …].",
    ),
]
QueryLanguage = Annotated[
    str | None, typer.Option("--query-lang", metavar="CODE", help="The queries' language [default: identified].")
]
TopK = Annotated[int, typer.Option("-k", "--top-k", metavar="N", min=1, help="How many hits for each query.")]
OutputFormat = Annotated[Format, typer.Option("--format", "-f", help="How to print the results.")]
ReadAs = Annotated[
    InputFormat | None,
    typer.Option("--input-format", help="How to read the file [default: by its ending; standard input as txt]."),
]
ReadPairsAs = Annotated[
    InputFormat | None,
    typer.Option("--input-format", help="How to read the file [default: by its ending; standard input as tsv]."),
]
TextColumn = Annotated[
    str | None,
    typer.Option(
        "--text-column", metavar="NAME", help="The column or field with the text [default: text, sentence, …]."
    ),
]
FirstLanguage = Annotated[
    str | None,
    typer.Option("--lang-a", metavar="CODE", help="Language of the first text or column [default: identified]."),
]
SecondLanguage = Annotated[
    str | None,
    typer.Option("--lang-b", metavar="CODE", help="Language of the second text or column [default: identified]."),
]
PairColumns = Annotated[
    str | None,
    typer.Option(
        "--columns", metavar="NAME,NAME", help="The two columns or fields to compare [default: the usual names]."
    ),
]
IdColumn = Annotated[
    str | None,
    typer.Option("--id-column", metavar="NAME", help="The column or field with the id [default: id]."),
]
LangColumn = Annotated[
    str | None,
    typer.Option(
        "--lang-column", metavar="NAME", help="The column or field with the language code [default: lang, language]."
    ),
]
Progress = Annotated[
    bool | None, typer.Option("--progress/--no-progress", help="Show progress [default: on a terminal].")
]
CalibrationFile = Annotated[
    Path | None,
    typer.Option(
        "--calibration", metavar="FILE", help="What 'interlingua calibrate' wrote [default: what comes with the model]."
    ),
]
TargetPrecision = Annotated[
    float,
    typer.Option("--target-precision", metavar="P", help='The share of decisions for "same" that shall be right.'),
]
Prior = Annotated[
    float,
    typer.Option("--prior", metavar="P", help="The share of pairs that mean the same among those that are compared."),
]
Encoding = Annotated[str, typer.Option("--encoding", metavar="NAME", help="The file's character encoding.")]
Clean = Annotated[
    bool, typer.Option("--clean", help="Repair escapes, mojibake and invisible characters before embedding.")
]
Invalid = Annotated[
    OnInvalid, typer.Option("--on-invalid", help="Rows that cannot be embedded: stop with an error, or leave them out.")
]
LongTexts = Annotated[
    Long,
    typer.Option(
        "--long",
        help="Texts beyond the model's limit: cut their ends off and say so, read them whole in windows, or stop.",
    ),
]
Fair = Annotated[
    bool,
    typer.Option(
        "--fair/--no-fair",
        help="Rank by centred cosine, so that the query's own language is not favoured; or by cosine.",
    ),
]

__all__ = ["DEFAULT_MODEL"]
