"""How fast an encoder is: texts of a length, throughput in rounds, the time of one query, of a fresh process, its memory."""

from __future__ import annotations

import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from interlingua.errors import InputError, InterlinguaError

Encode = Callable[[list[str]], object]
CountTokens = Callable[[list[str]], list[int]]

# Candidates that are tokenised together, and how many rounds of them may yield nothing new before there is nothing more.
_BLOCK = 512
_FRUITLESS = 8
# A cut goes to the next space if one is this near; what is written without spaces is cut between characters.
_SPACE_WITHIN = 24
# How many characters a document's token has is told by that many samples of that many characters.
_SAMPLES = 20
_SAMPLE = 60

_CHILD = """
import json, sys
options = json.loads(sys.argv[1])
from interlingua import Encoder
encoder = Encoder(options.pop("model"), **options)
encoder.encode("Where is the station?")
print("ready", flush=True)
texts = json.load(sys.stdin)
if texts:
    encoder.encode(texts, show_progress_bar=False)
from interlingua.encoding.machine import peak_memory
print(json.dumps(peak_memory()))
"""


class TextMaker:
    """Makes distinct texts of a number of tokens out of documents.

    Args:
        documents: the sentences of each document; a text is a piece of one document.
        count_tokens: the number of tokens of each text, with all that the model adds.
        limit: the most tokens that are counted; a text that has as many may be longer, and is not taken.
        seed: equal seeds give equal texts.

    Raises:
        InputError: there is no text in the documents.
    """

    def __init__(
        self,
        documents: Sequence[Sequence[str]],
        count_tokens: CountTokens,
        *,
        limit: int | None = None,
        seed: int = 1,
    ) -> None:
        self._documents = [" ".join(sentences) for sentences in documents if any(sentences)]
        if not self._documents:
            raise InputError("There are no documents to make texts of.")
        self._count = count_tokens
        self._limit = math.inf if limit is None else limit
        self._random = random.Random(seed)
        self._added = min(count_tokens(["a"])) - 1
        self._characters = [self._characters_per_token(document) for document in self._documents]

    def _characters_per_token(self, document: str) -> float:
        # Many short samples: a long one may be cut at the model's limit, and one place need not be like the others.
        step = max(_SAMPLE, len(document) // _SAMPLES)
        samples = [document[start : start + _SAMPLE] for start in range(0, len(document), step)]
        samples = [sample for sample in samples if sample.strip()]
        tokens = sum(self._count(samples)) - self._added * len(samples)
        return sum(map(len, samples)) / max(1, tokens)

    def make(self, length: int, count: int) -> tuple[list[str], list[int]]:
        """Distinct texts of about this many tokens, and the exact number for each.

        A text has at most a tenth, or two tokens, more or less than wanted.

        Args:
            length: the tokens wanted, with all that the model adds.
            count: how many texts; fewer come where the documents do not yield as many.
        """
        slack = max(2, length // 10)
        made: dict[str, int] = {}
        fruitless = 0
        while len(made) < count and fruitless < _FRUITLESS:
            block = [self._piece(length) for _ in range(min(_BLOCK, 2 * (count - len(made)) + 16))]
            candidates = [text for text in dict.fromkeys(block) if text and text not in made]
            tokens = self._count(candidates) if candidates else []
            before = len(made)
            fitting = (
                (text, n)
                for text, n in zip(candidates, tokens, strict=True)
                if abs(n - length) <= slack and n < self._limit
            )
            made.update(islice(fitting, count - before))
            fruitless = fruitless + 1 if len(made) == before else 0
        return list(made), list(made.values())

    def _piece(self, length: int) -> str:
        """A piece of a document, of about this many tokens."""
        number = self._random.randrange(len(self._documents))
        document = self._documents[number]
        characters = math.ceil(max(1, length - self._added) * self._characters[number])
        begin = _boundary(document, self._random.randrange(len(document)))
        while len(document) - begin < characters:  # go on at the front
            document += " " + self._documents[number]
        return document[begin : _boundary(document, begin + characters)].strip()


def _boundary(text: str, position: int) -> int:
    """Where a text can be cut, at this position or soon after: at a space, else not before a mark."""
    space = text.find(" ", position, position + _SPACE_WITHIN)
    if space >= 0:
        return space + 1
    while position < len(text) and unicodedata.category(text[position]).startswith("M"):
        position += 1
    return position


def measure_rate(
    encode: Encode, texts: Callable[[int], list[str]], *, rounds: int, seconds: float, lanes: int = 1
) -> list[float]:
    """Texts a second in each round, after a warm-up that also tells how many texts a round takes.

    Args:
        encode: what is measured.
        texts: gives this many distinct texts, or fewer if there are not as many.
        rounds: how often it is measured, with other texts as long as there are any.
        seconds: how long a round takes, about.
        lanes: texts encoded at once; a round has a multiple of it.

    Raises:
        InputError: ``texts`` gives none.
    """
    rate = _rate_by_doubling(encode, texts, seconds / 4, lanes)
    wanted = max(lanes, math.ceil(rate * seconds / lanes) * lanes)
    pool = texts(wanted * rounds)
    size = min(wanted, len(pool))
    passes = max(1, round(wanted / size))
    # Round after round goes on where the last one stopped, and from the front where the texts run out.
    going = cycle(pool)
    rates = []
    for _ in range(rounds):
        chunks = [list(islice(going, size)) for _ in range(passes)]
        began = time.perf_counter()
        for chunk in chunks:
            encode(chunk)
        rates.append(size * passes / (time.perf_counter() - began))
    return rates


def _rate_by_doubling(encode: Encode, texts: Callable[[int], list[str]], seconds: float, lanes: int) -> float:
    """Texts a second, roughly: of the first number of texts that takes this long."""
    size = lanes
    warm = texts(size)
    if not warm:
        raise InputError("There are no texts to measure with.")
    encode(warm)
    while True:
        chunk = texts(size)
        began = time.perf_counter()
        encode(chunk)
        taken = time.perf_counter() - began
        if taken >= seconds or len(chunk) < size:
            return len(chunk) / max(taken, 1e-9)
        size *= 2


def measure_latency(encode_query: Callable[[str], object], queries: Sequence[str], *, seconds: float) -> list[float]:
    """Seconds for each of different queries, one at a time, until the time is over; at least 5 of them.

    The first five come once before, unmeasured.
    """
    for query in queries[:5]:
        encode_query(query)
    taken: list[float] = []
    began = time.perf_counter()
    for query in queries:
        if len(taken) >= 5 and time.perf_counter() - began > seconds:
            break
        start = time.perf_counter()
        encode_query(query)
        taken.append(time.perf_counter() - start)
    return taken


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a fresh process took.

    Attributes:
        seconds: from its start to the first vector.
        peak_mib: the most memory that it had resident, in MiB; None where the system does not tell.
    """

    seconds: float
    peak_mib: float | None


def measure_fresh_process(options: Mapping[str, object], texts: Sequence[str] = ()) -> Fresh:
    """Start a Python process that loads an encoder and embeds a text, and then perhaps more texts.

    Args:
        options: what ``Encoder`` takes, with ``model``; plain JSON values.
        texts: what it embeds after the first vector, for the memory that this takes.

    Raises:
        InterlinguaError: the process failed; the message ends with its last words.
    """
    source = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", _CHILD, json.dumps(dict(options))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        seconds = time.perf_counter() - began
        out, err = process.communicate(json.dumps(list(texts)) if ready else None)
    finally:
        if process.poll() is None:  # Ctrl-C
            process.kill()
            process.wait()
    if process.returncode:
        last = (err.strip().splitlines() or ["it said nothing"])[-1]
        raise InterlinguaError(f"A fresh process could not embed a text: {last}")
    return Fresh(seconds, json.loads(out))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share (0 to 1) of the values does not exceed, between neighbours in proportion."""
    if not values:
        raise InputError("There are no values to take a percentile of.")
    if len(values) == 1:
        return values[0]
    ranked = sorted(values)
    place = share * (len(ranked) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (place - low)


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)
