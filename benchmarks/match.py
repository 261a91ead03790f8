"""Matching two lists: is the best right, is "nothing matches" said where it is so, and does the probability mean what it says?

    python benchmarks/match.py [--data DIR] [--work DIR] [--models NAME,NAME] [--scale 100000] [--part quality,scale]

Each set matches texts of other languages with an English list, languages identified. Gold:

- letsencrypt: the 18 questions of an FAQ, the same in the same order in ten languages (``qid``), among themselves; and among 116
  questions about computers of chatterbot_corpus; and each question with the 18 answers (query-document);
- chatterbot: questions of a category that has as many rows in the language as in English: then the files are translations of
  each other, row by row (other categories are left out; some rows were rewritten, so a perfect matcher would not get 100 %);
- xsid: requests to a voice assistant by ``id``, test split; many differ in a word or two;
- sib200: 1,004 news and travel sentences by ``index_id``.

English texts that are equal are one item. Quality: accuracy@1 with all answers there; then, with half of the items taken away at
random (several times), precision and recall of matches and of "none", and the expected calibration error of the best candidate's
probability. Beside it, the tutorial's way: the best cosine, if it is over 0.75; and with the threshold that is best for all sets
together in hindsight, bare and centred.

Scale: N x N real vectors (Tatoeba, with noise beyond), half of the left ones noised copies of right ones. No embedding is measured.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import common
import numpy as np

from interlingua import Encoder, nearest
from interlingua.matching.match import Matcher
from interlingua.metrics import decision_quality, expected_calibration_error
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.similarity import languages_of

USE = {"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"}
SEEDS = {
    "letsencrypt": 20,
    "letsencrypt and computers": 20,
    "letsencrypt answers": 20,
    "chatterbot": 5,
    "xsid": 3,
    "sib200": 2,
}
CHATTERBOT = {
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "chinese": "zh",
    "spanish": "es",
    "ukrainian": "uk",
    "dutch": "nl",
}
SIB = {
    "de": "deu_Latn",
    "es": "spa_Latn",
    "ru": "rus_Cyrl",
    "ar": "arb_Arab",
    "zh": "zho_Hans",
    "tr": "tur_Latn",
    "hi": "hin_Deva",
    "sw": "swh_Latn",
}
SENTENCES = {"e5-small": 4, "use-multilingual-v3": 6}
"""Languages of SIB-200 that are measured: its sentences are long."""


@dataclass(frozen=True)
class Task:
    """Left texts, right texts, and the item that each is about."""

    name: str
    left: list[str]
    left_items: list[str]
    right: list[str]
    right_items: list[str]
    prompts: str = "symmetric"


class Kept:
    """An encoder that keeps vectors in a file."""

    def __init__(self, encoder: Encoder, work: Path) -> None:
        self.encoder, self.name, self.dimension, self.fingerprint = (
            encoder,
            encoder.name,
            encoder.dimension,
            encoder.fingerprint,
        )
        self.path = work / f"match-{encoder.fingerprint}.npz"
        self.known: dict[str, np.ndarray] = {}
        if self.path.is_file():
            with np.load(self.path) as file:
                self.known = dict(zip(file["keys"].tolist(), file["vectors"], strict=True))

    def _of(self, prompt: str, texts: Sequence[str]) -> np.ndarray:
        texts = list(texts)
        new = [text for text in dict.fromkeys(texts) if f"{prompt} {text}" not in self.known]
        if new:
            call = {"s": self.encoder.encode, "q": self.encoder.encode_query, "d": self.encoder.encode_document}[prompt]
            self.known |= {f"{prompt} {text}": vector for text, vector in zip(new, call(new), strict=True)}
            np.savez(self.path, keys=np.array(list(self.known)), vectors=np.stack(list(self.known.values())))
        return np.stack([self.known[f"{prompt} {text}"] for text in texts])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """See ``TextEncoder``."""
        return self._of("s", texts)

    def encode_query(self, texts: Sequence[str]) -> np.ndarray:
        """See ``TextEncoder``."""
        return self._of("q", texts)

    def encode_document(self, texts: Sequence[str]) -> np.ndarray:
        """See ``TextEncoder``."""
        return self._of("d", texts)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def tasks(data: Path, model: str) -> Iterator[Task]:
    spoken = USE if model.startswith("use") else None
    speaks = lambda lang: spoken is None or lang.split("-")[0] in spoken  # noqa: E731
    faq = [json.loads(line) for line in (data / "docs_letsencrypt" / "faq.jsonl").open(encoding="utf-8")]
    asked = [row for row in faq if row["lang"] != "en" and speaks(row["lang"])]
    there = [row for row in faq if row["lang"] == "en"]
    left = [row["question"] for row in asked], [row["qid"] for row in asked]
    items = [row["qid"] for row in there]
    yield Task("letsencrypt", *left, [row["question"] for row in there], items)
    talk = rows(data / "chatterbot_corpus" / "qa.tsv")
    about = [
        row
        for row in talk
        if row["language"] == "english" and row["category"] in ("tech_support", "computers", "coding")
    ]
    others = list(dict.fromkeys(row["question"] for row in about))[:400]
    yield Task("letsencrypt and computers", *left, [*(row["question"] for row in there), *others], items + others)
    yield Task("letsencrypt answers", *left, [row["answer"] for row in there], items, "query-document")
    yield chatterbot(talk, speaks)
    english = {row["id"]: row["text_en"] for row in rows(data / "xsid" / "de.tsv") if row["split"] == "test"}
    pairs = [
        (row["text"], english[row["id"]])
        for lang in ("da", "de", "id", "it", "ja", "nl", "sr", "tr", "zh")
        if speaks(lang)
        for row in rows(data / "xsid" / f"{lang}.tsv")
        if row["split"] == "test" and row["id"] in english
    ]
    yield of_pairs("xsid", pairs)
    table = {row["index_id"]: row["text"] for row in rows(data / "sib200" / "eng_Latn.tsv")}
    chosen = [code for lang, code in SIB.items() if speaks(lang)][: SENTENCES.get(model, 4)]
    yield of_pairs(
        "sib200",
        [(row["text"], table[row["index_id"]]) for code in chosen for row in rows(data / "sib200" / f"{code}.tsv")],
    )


def chatterbot(talk: list[dict[str, str]], speaks: Any) -> Task:
    by_part: dict[tuple[str, str], list[str]] = {}
    for row in talk:
        by_part.setdefault((row["language"], row["category"]), []).append(row["question"])
    pairs = []
    for language, code in CHATTERBOT.items():
        for (spoken, category), questions in by_part.items():
            english = by_part.get(("english", category), [])
            if spoken == language and speaks(code) and len(questions) == len(english) >= 8:
                pairs += list(dict.fromkeys(zip(questions, english, strict=True)))
    return of_pairs("chatterbot", pairs)


def of_pairs(name: str, pairs: list[tuple[str, str]]) -> Task:
    right = list(dict.fromkeys(english for _, english in pairs))
    folded = [" ".join(text.casefold().split()) for text in right]
    item = dict(zip(right, folded, strict=True))
    return Task(name, [text for text, _ in pairs], [item[english] for _, english in pairs], right, folded)


def measured(encoder: Kept, task: Task) -> tuple[dict[str, Any], list[dict[str, np.ndarray]]]:
    """Figures of a set, and the cosines and truths from which the tutorial's threshold is chosen."""
    languages = languages_of(task.left, None), languages_of(task.right, None)
    chance = np.random.default_rng(3)
    found = run(encoder, task, languages, np.arange(len(task.right)))
    bare = run_bare(encoder, task, np.arange(len(task.right)))
    result: dict[str, Any] = {
        "left": len(task.left),
        "right": len(task.right),
        "accuracy@1": round(float((found["picked"] == np.array(task.left_items)).mean()), 4),
        "accuracy@1, bare cosine": round(float((bare["picked"] == np.array(task.left_items)).mean()), 4),
    }
    parts = []
    items = sorted(set(task.left_items))
    for _ in range(SEEDS[task.name]):
        gone = {items[place] for place in chance.permutation(len(items))[: len(items) // 2]}
        kept = np.array([row for row, item in enumerate(task.right_items) if item not in gone])
        part = run(encoder, task, languages, kept) | {"bare": run_bare(encoder, task, kept)}
        part["there"] = np.array([item not in gone for item in task.left_items])
        part["right"] = part["picked"] == np.array(task.left_items)
        parts.append(part)
    told = {
        name: np.concatenate([part[name] for part in parts])
        for name in ("matched", "right", "there", "probability", "centred")
    }
    told["bare_right"] = np.concatenate([part["bare"]["picked"] == np.array(task.left_items) for part in parts])
    told["bare"] = np.concatenate([part["bare"]["cosine"] for part in parts])
    result["ours"] = figures(told["matched"], told["right"], told["there"])
    result["ours"]["ece"] = round(float(expected_calibration_error(told["probability"], told["right"])), 4)
    result["ours"]["mean probability"] = round(float(told["probability"].mean()), 4)
    result["cosine > 0.75"] = figures(told["bare"] > 0.75, told["bare_right"], told["there"])
    return result, told


def run(encoder: Kept, task: Task, languages: Any, kept: np.ndarray) -> dict[str, np.ndarray]:
    matcher = Matcher(encoder, prompts=task.prompts)
    matcher.set_right([task.right[row] for row in kept], [languages[1][row] for row in kept], None)
    found = list(matcher.each(task.left, languages[0]))
    best = [match.candidates[0] for match in found]
    return {
        "picked": np.array([task.right_items[kept[candidate.row]] for candidate in best]),
        "probability": np.array([candidate.probability for candidate in best]),
        "centred": np.array([candidate.centred_cosine for candidate in best]),
        "matched": np.array([match.matched for match in found]),
    }


def run_bare(encoder: Kept, task: Task, kept: np.ndarray) -> dict[str, np.ndarray]:
    query, document = (
        (encoder.encode, encoder.encode)
        if task.prompts == "symmetric"
        else (encoder.encode_query, encoder.encode_document)
    )
    found = nearest(query(task.left), document([task.right[row] for row in kept]), 1)
    return {"picked": np.array([task.right_items[kept[row]] for row in found.rows[:, 0]]), "cosine": found.scores[:, 0]}


def figures(matched: np.ndarray, right: np.ndarray, there: np.ndarray) -> dict[str, float]:
    """Of matches: the share that is right, and the share of left texts with an answer that get it; of "none" likewise."""
    none = decision_quality(~matched, ~there)
    precision = float((matched & right).sum() / max(matched.sum(), 1))
    recall = float((matched & right).sum() / max(there.sum(), 1))
    return {
        name: round(value, 4)
        for name, value in {
            "precision": precision,
            "recall": recall,
            "f1": 2 * precision * recall / max(precision + recall, 1e-9),
            "none precision": none.precision if (~matched).any() else 0.0,
            "none recall": none.recall,
            "right decisions": float((np.where(matched, right, ~there)).mean()),
        }.items()
    }


def in_hindsight(results: dict[str, Any], told: dict[str, dict[str, np.ndarray]]) -> None:
    """The one threshold that gives the best mean F1 over all sets, for bare and for centred cosines."""
    for name, score, right in (
        ("cosine, best threshold", "bare", "bare_right"),
        ("centred cosine, best threshold", "centred", "right"),
    ):
        levels = np.linspace(0, 1, 201)
        sums = [
            np.mean([figures(part[score] > level, part[right], part["there"])["f1"] for part in told.values()])
            for level in levels
        ]
        level = float(levels[int(np.argmax(sums))])
        for task, part in told.items():
            results[task][name] = {"threshold": round(level, 3)} | figures(
                part[score] > level, part[right], part["there"]
            )


class Numbered:
    """Vectors of a file for texts that are their numbers."""

    name, fingerprint = "use-multilingual-v3", "numbered"

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors, self.dimension = vectors, vectors.shape[1]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """See ``TextEncoder``."""
        return np.asarray(self.vectors[[int(text) for text in texts]])

    encode_query = encode_document = encode


def made_vectors(data: Path, work: Path, size: int) -> Path:
    """2 N vectors: N on the right, then N on the left, of which every second is near the right one of its number."""
    path = work / f"match-scale-{size}.npy"
    if path.is_file():
        return path
    texts: dict[str, None] = {}
    for file in sorted((data / "tatoeba").glob("*-eng.tsv")):
        texts |= dict.fromkeys(line.split("\t")[1] for line in file.read_text(encoding="utf-8").splitlines())
    real = Encoder("use-multilingual-v3").encode(list(texts)[: 3 * size // 2])
    chance = np.random.default_rng(1)
    table = np.empty((2 * size, real.shape[1]), dtype=np.float32)
    for start in range(0, 2 * size, 10_000):
        numbers = np.arange(start, min(start + 10_000, 2 * size))
        # Left ones without a counterpart, and right ones beyond the real, are mixtures of two real ones.
        base, other = real[numbers % len(real)], real[chance.integers(0, len(real), len(numbers))]
        mixed = np.where((numbers < len(real))[:, None], base, 0.7 * base + 0.7 * other)
        copies = (numbers >= size) & (numbers % 2 == 0)
        mixed[copies] = table[numbers[copies] - size] if start >= size else mixed[copies]
        noise = chance.normal(0, 0.3 / np.sqrt(real.shape[1]), mixed.shape) * (numbers >= size)[:, None]
        table[numbers] = mixed + noise
        table[numbers] /= np.linalg.norm(table[numbers], axis=1, keepdims=True)
    np.save(path, table)
    return path


def most_memory() -> int:
    """The most resident memory of this process so far, in MB; what its parent had does not count."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def scale(path: Path, size: int, one_to_one: bool) -> dict[str, Any]:
    encoder = Numbered(np.load(path, mmap_mode="r"))
    before, began = most_memory(), time.perf_counter()
    matcher = Matcher(encoder)
    matcher.set_right([str(number) for number in range(size)], "en", None)
    embedded = time.perf_counter()
    left = [str(number) for number in range(size, 2 * size)]
    matches = (matcher.one_to_one if one_to_one else matcher.each)(left, "en")
    matched = np.array([-1 if match.right is None else match.right for match in matches])
    ended = time.perf_counter()
    numbers = np.arange(size)
    right = np.where((numbers + size) % 2 == 0, numbers, -1)
    return {
        "size": size,
        "one_to_one": one_to_one,
        "seconds": round(ended - began, 1),
        "of which the right list": round(embedded - began, 1),
        "memory before, MB": before,
        "memory at most, MB": most_memory(),
        "precision": round(float((matched == right)[matched >= 0].mean()), 4),
        "recall": round(float((matched == right)[right >= 0].mean()), 4),
    }


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-match-benchmark")
    parser.add_argument("--models", default="e5-small,use-multilingual-v3")
    parser.add_argument("--scale", type=int, default=100_000, help="texts on either side [default: %(default)s]")
    parser.add_argument("--part", default="quality,scale")
    parser.add_argument(
        "--one", choices=("each", "one_to_one"), help="measure one run of the part scale in this process"
    )
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    if arguments.one:
        print(
            json.dumps(
                scale(
                    arguments.work / f"match-scale-{arguments.scale}.npy",
                    arguments.scale,
                    arguments.one == "one_to_one",
                )
            )
        )
        return
    path = common.RESULTS / "match.json"
    results: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    results.pop("environment", None)
    if "quality" in arguments.part:
        for model in arguments.models.split(","):
            Calibration.shipped(model)
            encoder = Kept(Encoder(model), arguments.work)
            found, told = {}, {}
            for task in tasks(arguments.data, model):
                found[task.name], told[task.name] = measured(encoder, task)
                print(f"{model} {task.name}: {json.dumps(found[task.name])}", flush=True)
            in_hindsight(found, told)
            print(
                json.dumps(
                    {
                        name: {key: value for key, value in one.items() if "threshold" in key}
                        for name, one in found.items()
                    }
                )
            )
            results.setdefault("quality", {})[model] = found
    if "scale" in arguments.part:
        made_vectors(arguments.data, arguments.work, arguments.scale)
        command = [sys.executable, __file__, "--work", str(arguments.work), "--scale", str(arguments.scale), "--one"]
        results["scale"] = []
        for kind in ("each", "one_to_one"):
            done = subprocess.run([*command, kind], check=True, capture_output=True, text=True)
            results["scale"].append(json.loads(done.stdout))
            print(done.stdout, flush=True)
    common.write("match", results)


if __name__ == "__main__":
    main()
