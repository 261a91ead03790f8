"""Clusters over languages: are they topics or languages, and what do very many vectors cost.

    python benchmarks/clusters.py [--data DIR] [--vectors FILE …] [--parts quality,scale] [--methods kmeans,hdbscan]

``quality``: SIB-200 (train and dev rows) in 20 languages mixed: 16,000 texts with 7 topics. Normalised mutual information with
the topics and with the languages, and purity, with and without centring; beside scikit-learn's KMeans on the model's bare vectors
and on vectors centred with the shipped means. Also a corpus in which each language has other topics: rows are drawn so that a
language's topics are as uneven as a Dirichlet distribution of 0.5 makes them. ``scale``: time and memory of vectors in .npy files,
each in a process of its own; the vectors are those that ``index.py`` makes.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import common
import numpy as np

from interlingua import Clustered, Encoder, LanguageMeans, cluster_vectors
from interlingua.metrics import language_mixing, normalized_mutual_information, purity

LANGUAGES = (
    *(
        "eng_Latn",
        "fra_Latn",
        "deu_Latn",
        "jpn_Jpan",
        "zho_Hans",
        "arb_Arab",
        "swh_Latn",
        "hin_Deva",
        "kor_Hang",
        "tur_Latn",
    ),
    *(
        "yor_Latn",
        "tha_Thai",
        "spa_Latn",
        "rus_Cyrl",
        "vie_Latn",
        "ind_Latn",
        "ben_Beng",
        "fin_Latn",
        "heb_Hebr",
        "ita_Latn",
    ),
)
TOPICS = 7
SEEDS = (1, 2, 3)


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--vectors", type=Path, nargs="*", default=[], help="files of vectors for the part scale")
    parser.add_argument("--parts", default="quality,scale")
    parser.add_argument("--methods", default="kmeans,hdbscan", help="for the part scale")
    options = parser.parse_args()
    path = common.RESULTS / "clusters.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    results.pop("environment", None)
    if "quality" in options.parts:
        results["quality"] = quality(options.data)
    if "scale" in options.parts and options.vectors:
        for file in options.vectors:
            for method in options.methods.split(","):
                one = alone(file, method)
                before = results.get("scale", [])
                same = ("vectors", "method")
                results["scale"] = [*(old for old in before if any(old[key] != one[key] for key in same)), one]
                common.write("clusters", results)
    common.write("clusters", results)


def read(data: Path) -> tuple[list[str], list[str], list[str]]:
    """Texts, languages and topics of the rows that are there in all languages."""
    tables = {}
    for language in LANGUAGES:
        with (data / "sib200" / f"{language}.tsv").open(encoding="utf-8") as file:
            tables[language] = {
                row["index_id"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            }
    common_ids = sorted(set.intersection(*(set(table) for table in tables.values())), key=int)
    rows = [(tables[language][number], language) for language in LANGUAGES for number in common_ids]
    english = tables["eng_Latn"]
    return (
        [row["text"] for row, _ in rows],
        [language.replace("_", "-") for _, language in rows],
        [english[row["index_id"]]["category"] for row, _ in rows],
    )


def quality(data: Path) -> dict[str, Any]:
    texts, langs, topics = read(data)
    vectors = Encoder("e5-small").encode(texts, show_progress_bar=True)
    skewed = uneven(langs, topics)
    found: dict[str, Any] = {"texts": len(texts), "uneven_texts": len(skewed)}
    for name, rows in (("sib200", np.arange(len(texts))), ("uneven", skewed)):
        some = [topics[row] for row in rows], [langs[row] for row in rows]
        found[name] = {"topics_and_languages": normalized_mutual_information(*some), **contenders(vectors[rows], *some)}
    return found


def uneven(langs: list[str], topics: list[str]) -> np.ndarray:
    """Rows such that each language is mostly about a few topics of its own."""
    random, names = np.random.default_rng(0), sorted(set(topics))
    kept = []
    for language in LANGUAGES:
        shares = random.dirichlet([0.5] * len(names))
        chance = dict(zip(names, shares / shares.max() / 2, strict=True))
        rows = [row for row, lang in enumerate(langs) if lang == language.replace("_", "-")]
        kept += [row for row in rows if random.random() < chance[topics[row]]]
    return np.array(kept)


def contenders(vectors: np.ndarray, topics: list[str], langs: list[str]) -> dict[str, Any]:
    shipped = LanguageMeans.shipped("e5-small")

    def ours(**options: Any) -> Callable[[int], np.ndarray]:
        return lambda seed: clustered(cluster_vectors(vectors, langs=langs, seed=seed, **options))

    def clustered(result: Clustered) -> np.ndarray:
        return result.labels

    def scikit(table: np.ndarray) -> Callable[[int], np.ndarray]:
        from sklearn.cluster import KMeans

        return lambda seed: KMeans(TOPICS, n_init=10, random_state=seed).fit_predict(table)

    ways = {
        "kmeans": ours(k=TOPICS, means=shipped),
        "kmeans, means of the texts": ours(k=TOPICS),
        "kmeans, not centred": ours(k=TOPICS, centred=False),
        "kmeans, k chosen": ours(means=shipped),
        "hdbscan": ours(method="hdbscan", means=shipped),
        "hdbscan, not centred": ours(method="hdbscan", centred=False),
        "scikit-learn KMeans on bare vectors": scikit(vectors),
        "scikit-learn KMeans on centred vectors": scikit(shipped.centre(vectors, langs)),
    }
    found = {}
    for name, way in ways.items():
        runs = [measured(way(seed), topics, langs) for seed in (SEEDS if "hdbscan" not in name else SEEDS[:1])]
        found[name] = {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}
        print(f"{name:40}", {key: round(value, 3) for key, value in found[name].items()}, flush=True)
    return found


def measured(labels: np.ndarray, topics: list[str], langs: list[str]) -> dict[str, float]:
    """Over the rows that are in a cluster; ``topics_all`` counts those in none as one more cluster."""
    inside = np.flatnonzero(labels >= 0)
    some = labels[inside].tolist()
    known, spoken = [topics[row] for row in inside], [langs[row] for row in inside]
    return {
        "clusters": len(set(some)),
        "covered": len(inside) / len(labels),
        "topics": normalized_mutual_information(some, known),
        "topics_all": normalized_mutual_information(labels.tolist(), topics),
        "purity": purity(some, known),
        "languages": normalized_mutual_information(some, spoken),
        "mixing": language_mixing(some, spoken),
    }


def alone(file: Path, method: str) -> dict[str, Any]:
    """Cluster a file in a process of its own, so that its peak of memory is its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        result: dict[str, Any] = pool.apply(scale, (file, method))
    print(result, flush=True)
    return result


def scale(file: Path, method: str) -> dict[str, Any]:
    vectors = np.load(file, mmap_mode="r")
    before, start = status("RssAnon:"), time.perf_counter()
    processor = time.process_time()
    result = cluster_vectors(vectors, method=method)  # type: ignore[arg-type]
    return {
        "vectors": len(vectors),
        "dimension": vectors.shape[1],
        "method": method,
        "clusters": len(result.clusters),
        "in_none": result.without,
        "seconds": time.perf_counter() - start,
        "processor_seconds": time.process_time() - processor,
        "memory_mib": {"before": before, "peak_with_mapped_files": status("VmHWM:")},
    }


def status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
