"""A work of mining begun in a folder, or found there: what it is for, and its sentences filtered and written in shards."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from interlingua.encoding.joint import JointEncoder
from interlingua.errors import CorruptIndex, OptionError, StorageError
from interlingua.mining.filters import Filters
from interlingua.mining.sentences import chosen_of, main_languages, side_languages
from interlingua.mining.work import (
    FORMAT,
    PREPARED,
    SHARD,
    SIDES,
    WORK,
    Side,
    Work,
    digest_of,
    hash_of,
    identity_in,
    sentences_path,
    write_json,
    wrong_model,
)
from interlingua.scoring.centring import shipped_means
from interlingua.scoring.similarity import Langs
from interlingua.texts.writing import open_atomic, writing_errors
from interlingua.types import TextEncoder

_ABANDONED = 3600.0


@dataclass(frozen=True, slots=True)
class Heap:
    """What is given of a side: its sentences, which can be embedded, and their languages as far as they were told."""

    texts: Sequence[str]
    langs: Langs


def begun(
    folder: Path, encoder: TextEncoder, heaps: Mapping[Side, Heap], filters: Filters | None, shard: int = SHARD
) -> Work:
    """The work in a folder: that which was begun there with the same sentences, model and filters, or a new one.

    Args:
        folder: new, empty, or with this work in it.
        encoder: what is going to embed.
        heaps: both sides.
        filters: what is left out; None takes the usual.
        shard: how many sentences a unit takes; a work that was begun keeps its own.

    Raises:
        InputError: nothing is left of a side, or not as many languages as texts.
        OptionError: the folder holds another work, or other files.
        WrongModel: the work was begun with another model.
        StorageError: the disk does not take it.
    """
    chosen = Filters() if filters is None else filters
    identity: dict[str, Any] = {
        "format": FORMAT,
        "encoder": {"name": encoder.name, "fingerprint": encoder.fingerprint},
        **{side: _hash_of_heap(heaps[side]) for side in SIDES},
        "filters": {
            name: "none" if isinstance(value, float) and math.isinf(value) else value
            for name, value in asdict(chosen).items()
        },
    }
    if (folder / WORK).exists():
        old = identity_in(folder)
        _check_same(folder, old, identity, encoder)
        identity = old
    else:
        identity["shard"] = shard
        _check_empty(folder)
        with writing_errors(folder):
            for side in SIDES:
                (folder / side).mkdir(parents=True, exist_ok=True)
        write_json(folder / WORK, identity)
    _clear(folder)
    try:
        work = Work(folder)
        if work.has_sentences():
            return work
    except CorruptIndex:
        pass
    _prepare(folder, identity, encoder, heaps, chosen)
    return Work(folder)


def _clear(folder: Path) -> None:
    """Delete what killed processes left half written; what was written to in the last hour may be another's that lives."""
    for path in folder.glob("**/.*.tmp"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED:
                path.unlink()


def _prepare(
    folder: Path, identity: dict[str, Any], encoder: TextEncoder, heaps: Mapping[Side, Heap], filters: Filters
) -> None:
    """Filter both sides and write what is left in shards."""
    langs = {side: side_languages(heaps[side].texts, heaps[side].langs) for side in SIDES}
    known = {lang for side in SIDES for lang in main_languages(langs[side])}
    model = encoder.knowing(known) if isinstance(encoder, JointEncoder) else encoder
    prepared: dict[str, Any] = {
        "work": digest_of(identity),
        "model": {
            "name": model.name,
            "fingerprint": model.fingerprint,
            "dimension": model.dimension,
            "centred": shipped_means(model) is not None,
        },
        "langs": sorted(known, key=lambda lang: lang or ""),
    }
    for side in SIDES:
        texts = heaps[side].texts
        chosen = chosen_of(texts, langs[side], filters, side)
        shards = []
        for number, start in enumerate(range(0, len(chosen.rows), identity["shard"])):
            rows = chosen.rows[start : start + identity["shard"]]
            data = b"".join(_lines(rows, langs[side], texts))
            with writing_errors(folder):
                (folder / side).mkdir(exist_ok=True)
            with open_atomic(sentences_path(folder, side, number), "wb") as file:
                file.write(data)
            shards.append({"count": len(rows), "blake2b": hash_of(data)})
        prepared[side] = {"given": len(texts), "shards": shards, "dropped": dict(chosen.dropped)}
    write_json(folder / PREPARED, prepared)


def _lines(rows: Sequence[int], langs: Sequence[str | None], texts: Sequence[str]) -> Iterator[bytes]:
    for row in rows:
        line = json.dumps({"row": row, "lang": langs[row], "text": texts[row]}, ensure_ascii=False)
        yield line.encode("utf-8") + b"\n"


def _check_same(folder: Path, old: dict[str, Any], new: dict[str, Any], encoder: TextEncoder) -> None:
    if old["encoder"]["fingerprint"] != new["encoder"]["fingerprint"]:
        raise wrong_model(folder, old["encoder"], encoder)
    for side in SIDES:
        if old[side] != new[side]:
            raise OptionError(
                f"{folder} was begun with another {side} (other sentences or languages); give the same, or another folder."
            )
    if old["filters"] != new["filters"]:
        names = ", ".join(name for name, value in new["filters"].items() if old["filters"].get(name) != value)
        raise OptionError(f"{folder} was begun with other filters ({names}); give the same, or another folder.")


def _check_empty(folder: Path) -> None:
    """A folder without a work is new, or has nothing in it."""
    try:
        foreign = sorted(path.name for path in folder.iterdir() if path.name not in SIDES and not _aside(path))
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"{folder} is no folder to work in: {error.strerror or error}.") from error
    if foreign:
        raise OptionError(f"{folder} holds other files ({foreign[0]!r}); give a new or an empty folder.")


def _aside(path: Path) -> bool:
    """What a killed process left."""
    return path.name.startswith(f".{WORK}.") and path.suffix == ".tmp"


def _hash_of_heap(heap: Heap) -> str:
    """Equal for equal sentences in the same order with the same languages."""
    digest = hashlib.blake2b(digest_size=16)
    langs = heap.langs if heap.langs is None or isinstance(heap.langs, str) else list(heap.langs)
    digest.update(json.dumps(langs).encode("utf-8"))
    for text in heap.texts:
        data = text.encode("utf-8")
        digest.update(b"%d " % len(data))
        digest.update(data)
    return digest.hexdigest()
