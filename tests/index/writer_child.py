"""A process that writes into an index until it is killed, or reads in it until its input ends; it tells on its output."""

from __future__ import annotations

import json
import random
import sys
from typing import Any

from interlingua import FakeEncoder
from interlingua.index import items
from interlingua.index.index import Index

CHUNK = 8
GRAPH_FROM = 1000


def tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def text_of(row: int, version: int) -> str:
    return f"row {row} version {version} {random.Random(row * 1000 + version).getrandbits(64):x}"


def write(folder: str, seed: int, wanted: str) -> None:
    """One operation after the other: told before it begins (``ops``, what its transactions do), and when it is done."""
    chance = random.Random(seed)
    items._CHUNK = CHUNK
    index = Index.open(folder, FakeEncoder())
    version = seed * 100_000
    tell(ready=True)
    while True:
        version += 1
        kind = wanted or chance.choice(["add", "add", "update", "delete", "compact", "snapshot"])
        rows = chance.sample(range(2000), chance.randint(1, 24))
        if kind == "add":
            texts = {str(row): text_of(row, version) for row in rows}
            parts = [rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)]
            tell(kind=kind, ops=[{str(row): texts[str(row)] for row in part} for part in parts])
            documents = [{"id": id_, "text": text, "lang": "en"} for id_, text in texts.items()]
            index.add(documents, snapshot=False, acknowledged=lambda _: tell(done=True))
        elif kind == "update":
            there = [str(row) for row in rows if str(row) in index][:CHUNK]
            texts = {id_: text_of(int(id_), version) for id_ in there}
            tell(kind=kind, ops=[texts])
            index.update([{"id": id_, "text": text} for id_, text in texts.items()])
            tell(done=True)
        elif kind == "delete":
            # Few, and never so many that too few would remain for a graph.
            rows = rows[: max(0, min(4, len(index) - GRAPH_FROM))]
            tell(kind=kind, ops=[{str(row): None for row in rows}])
            index.delete([str(row) for row in rows])
            tell(done=True)
        else:
            tell(kind=kind, ops=[{}])
            _ = index.compact() if kind == "compact" else index.rebuild()
            tell(done=True)


def read(folder: str, seed: int) -> None:
    """Each group has four documents of one version, always; what is found must be that, and be what its vector says."""
    chance = random.Random(seed)
    encoder = FakeEncoder()
    index = Index.open(folder, encoder)
    tell(ready=True)
    searches = 0
    import select

    while not select.select([sys.stdin], [], [], 0)[0]:
        query = encoder.encode([f"group {chance.randrange(20)} version {chance.randrange(50)}"])
        for where, count in ((f"group = {chance.randrange(20)}", 4), (None, 20)):
            hits = index.search_vectors(query, count, where=where)[0]
            versions = {(hit.metadata["group"], hit.metadata["version"]) for hit in hits}
            again = encoder.encode([hit.text for hit in hits]) @ query[0]
            if len(hits) != count or (where is not None and len(versions) != 1):
                tell(error=f"{where}: {[(hit.id, hit.metadata) for hit in hits]}")
            if len({group for group, _ in versions}) != len(versions):
                tell(error=f"two versions of a group: {sorted(versions)}")
            if max(abs(float(score) - hit.cosine) for score, hit in zip(again, hits, strict=True)) > 1e-5:
                tell(error=f"a text with another's vector: {hits}")
            searches += 1
    tell(searches=searches)


def fill(folder: str, limit: int) -> None:
    """Add until files may not grow any more."""
    import resource

    from interlingua.errors import StorageError

    index = Index.open(folder, FakeEncoder())
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    row = 0
    while True:
        documents = [
            {"id": f"new {row + one}", "text": f"text {row + one} " + "long " * 50, "lang": "en"} for one in range(50)
        ]
        try:
            index.add(documents, snapshot=row % 1000 == 950)
            row += 50
            tell(added=row)
        except StorageError as error:
            tell(said=str(error), found=len(index))
            break


if __name__ == "__main__":
    task, where = sys.argv[1:3]
    if task == "write":
        write(where, int(sys.argv[3]), sys.argv[4])
    elif task == "read":
        read(where, int(sys.argv[3]))
    else:
        fill(where, int(sys.argv[3]))
