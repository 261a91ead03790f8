"""What ``interlingua align`` does with two folders: pair their files, and align each pair into a file of its own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from interlingua.cli.output import say
from interlingua.errors import InputError, OptionError, StorageError

if TYPE_CHECKING:
    from interlingua.cli.alignments import Aligning, Document

_NAMED = 10


class _Pair(NamedTuple):
    """Two files that belong together, and the probability of that where it was found out by content."""

    source: Path
    target: Path
    probability: float | None


def align_folders(
    aligning: Aligning, source: Path, target: Path, out: Path, *, by_content: bool
) -> tuple[list[dict[str, object]], int]:
    """Align the files of two folders.

    Args:
        aligning: how.
        source: the folder of the sources; folders in it are gone into.
        target: that of the targets.
        out: where the alignments go: each under its source's path, with the format's ending instead of its own; where
            sources differ in their endings only, after it.
        by_content: find out what belongs together from the texts; otherwise files of the same path and name do, whatever
            their ending.

    Returns:
        A row about each pair, and how many pairs could not be aligned or files not be read. Each of these is told on standard
        error, and the others go on.

    Raises:
        InputError: a folder has no text files, or nothing belongs together.
    """
    pairs, failed = _by_content(aligning, source, target) if by_content else (_by_name(source, target), 0)
    if not pairs:
        cure = "" if by_content else "; give --pair content to find out from the texts"
        raise InputError(f"No file of {source} belongs to one of {target}{cure}.")
    _make(out)
    rows = []
    named = Counter(pair.source.with_suffix("") for pair in pairs)
    used: set[Path] = set()
    for pair in pairs:
        name = pair.source.with_name(f"{pair.source.stem}.{aligning.format}")
        if named[pair.source.with_suffix("")] > 1 or name in used:
            name = pair.source.with_name(f"{pair.source.name}.{aligning.format}")
        used.add(name)
        try:
            documents = _read(aligning, pair, source, target)
            rows.append(_aligned(aligning, pair, documents, out / name))
        except InputError as error:
            failed += 1
            say(f"error: {error}")
    return rows, failed


def _read(aligning: Aligning, pair: _Pair, source: Path, target: Path) -> tuple[Document, Document]:
    """Both documents of a pair.

    Raises:
        InputError: one cannot be read, or its language is not known and has to be.
    """
    try:
        ours = aligning.read(str(source / pair.source), aligning.source_lang)
        theirs = aligning.read(str(target / pair.target), aligning.target_lang)
    except StorageError as error:
        raise InputError(str(error)) from None
    try:
        aligning.check_languages(ours, theirs)
    except OptionError as error:
        raise InputError(str(error)) from None
    return ours, theirs


def _aligned(aligning: Aligning, pair: _Pair, documents: tuple[Document, Document], written: Path) -> dict[str, object]:
    from interlingua.texts.writing import open_atomic

    ours, theirs = documents
    beads = aligning.align(ours, theirs)
    _make(written.parent)
    with open_atomic(written) as file:
        aligning.write(beads, ours, theirs, file)
    both = sum(bool(bead.source and bead.target) for bead in beads)
    row: dict[str, object] = {"source": pair.source.as_posix(), "target": pair.target.as_posix()}
    if pair.probability is not None:
        row["probability"] = round(pair.probability, 4)
    return row | {
        "pairs": both,
        "alone": len(beads) - both,
        "doubtful": sum(bead.doubtful for bead in beads),
        "written": str(written),
    }


def _by_name(source: Path, target: Path) -> list[_Pair]:
    """Files of the same name, and of the others those that differ in their endings only; each once."""
    ours, theirs = _files(source), _files(target)
    same = set(ours) & set(theirs)
    others: dict[Path, list[Path]] = {}
    for path in theirs:
        if path not in same:
            others.setdefault(path.with_suffix(""), []).append(path)
    found = []
    for path in ours:
        left = others.get(path.with_suffix(""), [])
        if path in same:
            found.append(_Pair(path, path, None))
        elif left:
            found.append(_Pair(path, left.pop(0), None))
    used = {pair.source for pair in found}, {pair.target for pair in found}
    _say_alone(source, [path for path in ours if path not in used[0]], "by name")
    _say_alone(target, [path for path in theirs if path not in used[1]], "by name")
    return found


def _by_content(aligning: Aligning, source: Path, target: Path) -> tuple[list[_Pair], int]:
    """What belongs together by its texts, and how many files could not be read."""
    from interlingua.alignment.documents import match_documents

    sides, unread = [], 0
    for folder, lang in ((source, aligning.source_lang), (target, aligning.target_lang)):
        read: list[tuple[Path, Document]] = []
        for path in _files(folder):
            try:
                read.append((path, aligning.read(str(folder / path), lang)))
            except (InputError, StorageError) as error:
                unread += 1
                say(f"error: {error}")
        sides.append(read)
    texts = [["\n".join(document.sentences) for _, document in side] for side in sides]
    langs = [[document.lang for _, document in side] for side in sides]
    found = match_documents(aligning.encoder, texts[0], texts[1], left_langs=langs[0], right_langs=langs[1])
    aligning.encoder.cut.clear()
    names = [[path for path, _ in side] for side in sides]
    _say_alone(
        source, [names[0][one.left] for one in found if one.left is not None and one.right is None], "by content"
    )
    _say_alone(
        target, [names[1][one.right] for one in found if one.right is not None and one.left is None], "by content"
    )
    pairs = [
        _Pair(names[0][one.left], names[1][one.right], one.probability)
        for one in found
        if one.left is not None and one.right is not None
    ]
    return pairs, unread


def _files(folder: Path) -> list[Path]:
    """The text files of a folder, as paths within it.

    Raises:
        InputError: there are none.
    """
    from interlingua.texts.documents import TEXT_ENDINGS, text_files

    found = [path.relative_to(folder) for path in text_files(folder)]
    if not found:
        raise InputError(f"{folder}: there are no text files in this folder ({', '.join(TEXT_ENDINGS)}).")
    return found


def _say_alone(folder: Path, paths: list[Path], how: str) -> None:
    if paths:
        named = ", ".join(path.as_posix() for path in paths[:_NAMED]) + (", …" if len(paths) > _NAMED else "")
        say(f"note: {folder}: {len(paths):,} files have no counterpart {how}: {named}")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made: {error.strerror or error}.") from None
