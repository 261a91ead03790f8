"""A folder in which two heaps are mined piece by piece: whose it is, and its sentences in shards.

    FOLDER/work.json                        what this work is: sentences, model, filters; and the format's version
    FOLDER/prepared.json                    how many sentences were left, in which shards, in which languages, for which models
    FOLDER/source/sentences-00000.jsonl     a shard of the sentences that are mined: row, language, text
    FOLDER/source/vectors-00000.npy         their vectors (float16, sealed)
    FOLDER/source/vectors.npy               those of all shards
    FOLDER/source/cells.npy                 the cells of the side, where near ones alone are looked at
    FOLDER/source/nearest-00000.npy         the nearest of a shard on the other side: cosines, and their rows
    FOLDER/target/…                         the same

Each file is written whole or not at all, and checked by a hash before it is used.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from interlingua.encoding.joint import JointEncoder
from interlingua.errors import CorruptIndex, OptionError, StorageError, WrongModel
from interlingua.texts.writing import open_atomic
from interlingua.types import TextEncoder

Side = Literal["source", "target"]
SIDES: tuple[Side, Side] = ("source", "target")

SHARD = 32_768
"""How many sentences a unit of work takes, where nothing else is asked for: a whole number of the search's blocks."""

FORMAT = 1
WORK, PREPARED = "work.json", "prepared.json"
_OWN_HASH = "blake2b"


@dataclass(frozen=True, slots=True)
class Shard:
    """A piece of a side.

    Attributes:
        rows: where each sentence stood in what was given.
        langs: the language of each.
        texts: the sentences.
    """

    rows: list[int]
    langs: list[str | None]
    texts: list[str]


class Work:
    """A folder that was prepared, opened again. It holds no sentences; other processes may work in it at the same time.

    Args:
        folder: the folder.

    Raises:
        OptionError: it holds no such work, or that of another version.
        CorruptIndex: its own files are damaged.

    Attributes:
        folder: the folder.
        identity: what was given, as in ``work.json``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.identity = identity_in(folder)
        prepared = read_json(folder / PREPARED)
        if prepared.get("work") != digest_of(self.identity):
            raise CorruptIndex(f"{folder / PREPARED} is missing or damaged; mine the same files into {folder} again.")
        self._prepared = prepared

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._prepared["model"]["dimension"])

    @property
    def is_centred(self) -> bool:
        """Whether the model comes with language means, which are taken out when a shard is embedded."""
        return bool(self._prepared["model"]["centred"])

    @property
    def langs(self) -> set[str | None]:
        """The languages by which the models were chosen: those of more than a few of the sentences that were given."""
        return set(self._prepared["langs"])

    def counts(self, side: Side) -> list[int]:
        """How many sentences each shard of a side has."""
        return [int(shard["count"]) for shard in self._prepared[side]["shards"]]

    def given(self, side: Side) -> int:
        """How many sentences a side had before the filters."""
        return int(self._prepared[side]["given"])

    def dropped(self, side: Side) -> Counter[Any]:
        """How many sentences of a side were left out, for each reason."""
        return Counter(self._prepared[side]["dropped"])

    def key(self, name: str) -> bytes:
        """By which the file of a unit of this work is known: another work has other keys."""
        return hashlib.blake2b(f"{self._prepared['work']} {name}".encode(), digest_size=16).digest()

    def path(self, name: str) -> Path:
        """Where the file of a unit is."""
        return self.folder / f"{name}.npy"

    def model(self, encoder: TextEncoder) -> TextEncoder:
        """What embeds: of several models side by side those that know the languages of both sides.

        Raises:
            WrongModel: the work was begun with another.
        """
        wanted, used = self.identity["encoder"], self._prepared["model"]
        if encoder.fingerprint == wanted["fingerprint"] and isinstance(encoder, JointEncoder):
            encoder = encoder.knowing(self.langs)
        if encoder.fingerprint != used["fingerprint"]:
            raise wrong_model(self.folder, wanted, encoder)
        return encoder

    def shard(self, side: Side, number: int) -> Shard:
        """The sentences of a shard.

        Raises:
            CorruptIndex: the file is missing or was changed.
        """
        path = self._sentences(side, number)
        found = self._prepared[side]["shards"][number]
        data = path.read_bytes() if path.is_file() else b""
        if hash_of(data) != found["blake2b"]:
            raise CorruptIndex(f"{path} is missing or damaged; mine the same files into {self.folder} again.")
        lines = [json.loads(line) for line in data.splitlines()]
        return Shard([one["row"] for one in lines], [one["lang"] for one in lines], [one["text"] for one in lines])

    def has_sentences(self) -> bool:
        """Whether the sentences of all shards are there, as they were written."""
        return all(
            self._sentences(side, number).is_file()
            and hash_of(self._sentences(side, number).read_bytes()) == found["blake2b"]
            for side in SIDES
            for number, found in enumerate(self._prepared[side]["shards"])
        )

    def _sentences(self, side: Side, number: int) -> Path:
        return sentences_path(self.folder, side, number)


def wrong_model(folder: Path, old: Mapping[str, str], encoder: TextEncoder) -> WrongModel:
    """Why a folder is not for an encoder."""
    same = " of another build or precision" if old["name"] == encoder.name else ""
    return WrongModel(
        f"{folder} was begun with the model {old['name']!r}, not with {encoder.name!r}{same}; take that model, or another folder."
    )


def identity_in(folder: Path) -> dict[str, Any]:
    """What the work in a folder is for, as ``work.json`` says.

    Raises:
        OptionError: there is none, or it is damaged or of another version.
    """
    path = folder / WORK
    if not path.is_file():
        raise OptionError(f"{folder} holds no work of mining: it has no {WORK}.")
    found = read_json(path)
    if found.get("format") != FORMAT:
        raise OptionError(
            f"{path} is not of this version of Interlingua, or is damaged; delete the folder, or give another."
        )
    return found


def read_json(path: Path) -> dict[str, Any]:
    """What a file of ours says; nothing where it is missing, damaged or another's."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not isinstance(told, dict):
        return {}
    return told if told.pop(_OWN_HASH, None) == digest_of(told) else {}


def write_json(path: Path, told: Mapping[str, Any]) -> None:
    """Write a file of ours, with its own hash."""
    with open_atomic(path) as file:
        json.dump({**told, _OWN_HASH: digest_of(told)}, file, ensure_ascii=False, indent=1)
        file.write("\n")


def sentences_path(folder: Path, side: Side, number: int) -> Path:
    """Where the sentences of a shard are."""
    return folder / side / f"sentences-{number:05}.jsonl"


def digest_of(told: Mapping[str, Any]) -> str:
    """The hash of what a file of ours says."""
    return hash_of(json.dumps(told, sort_keys=True).encode("utf-8"))


def hash_of(data: bytes) -> str:
    """The hash of bytes, in hexadecimal digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
