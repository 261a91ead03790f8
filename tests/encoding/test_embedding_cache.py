"""The embedding cache: the same vectors to the bit, whoever else uses the file, and no harm from a bad one."""

from __future__ import annotations

import os
import pickle
import re
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy import DIMENSION, ToyBackend

from interlingua import Encoder, TruncationWarning
from interlingua.encoding import encoder as encoder_module
from interlingua.encoding.embedding_cache import CacheWarning, Contents, EmbeddingCache
from interlingua.errors import CorruptCache, InputError, OptionError, StorageError
from interlingua.models.card import ModelCard
from interlingua.models.catalogue import find
from interlingua.texts.checking import Checked

SOURCE = str(Path(__file__).resolve().parents[2] / "src")
Toys = Callable[..., tuple[Encoder, ToyBackend]]


@pytest.fixture
def toys() -> Toys:
    """An encoder over a toy, and the toy."""

    def toys(**options: Any) -> tuple[Encoder, ToyBackend]:
        backend = ToyBackend()
        encoder = Encoder("e5-small", **options)
        encoder.card = replace(encoder.card, dimension=DIMENSION)
        encoder._backend = backend
        return encoder, backend

    return toys


def raw(encoder: Encoder, texts: Any, **options: Any) -> Any:
    return encoder.encode(texts, normalize_embeddings=False, **options)


def test_a_second_time_nothing_is_computed(toys: Toys, tmp_path: Path) -> None:
    texts = ["a", "ab c", "a", "abc d e"]
    encoder, backend = toys(embedding_cache=tmp_path / "cache")
    first = raw(encoder, texts)
    assert sorted(backend.tokenized) == ["a", "ab c", "abc d e"]
    encoder, backend = toys(embedding_cache=tmp_path / "cache")
    assert raw(encoder, texts).tobytes() == first.tobytes()
    assert raw(encoder, "ab c").tobytes() == first[1].tobytes()
    assert backend.tokenized == []
    assert encoder._cache is not None
    assert (encoder._cache.hits, encoder._cache.misses) == (4, 0)


@pytest.mark.parametrize("why", ["unreadable", "too long a name"])
def test_a_folder_that_cannot_be_looked_at_costs_a_warning(
    toys: Toys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    folder = tmp_path / ("x" * 300 if why == "too long a name" else "closed")
    if why == "unreadable":
        there = os.stat

        def refused(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
            if "closed" in str(path):
                raise PermissionError(13, "Permission denied", str(path))
            return there(path, *arguments, **options)

        monkeypatch.setattr(os, "stat", refused)
    encoder, _ = toys(embedding_cache=folder)
    with pytest.warns(CacheWarning, match="everything is computed") as caught:
        np.testing.assert_array_equal(raw(encoder, ["a", "b c"]), raw(toys()[0], ["a", "b c"]))
    assert len(caught) == 1
    with pytest.raises(StorageError):
        EmbeddingCache(folder).contents()
    with pytest.raises(StorageError):
        EmbeddingCache(folder).clear()


def test_the_home_of_nobody(toys: Toys) -> None:
    with pytest.raises(OptionError, match=r"^~nobody-of-this-name/cache begins in a home folder that cannot be found"):
        toys(embedding_cache="~nobody-of-this-name/cache")


def test_only_what_is_missing_is_computed(toys: Toys, tmp_path: Path) -> None:
    encoder, backend = toys(embedding_cache=tmp_path)
    raw(encoder, ["b", "d"])
    backend.tokenized.clear()
    texts = ["a", "b", "c c", "b", "d", "a", "e e e"]
    np.testing.assert_array_equal(raw(encoder, texts), raw(toys()[0], texts))
    assert backend.tokenized == ["a", "c c", "e e e"]


def test_progress_counts_what_was_there(toys: Toys, tmp_path: Path) -> None:
    encoder, _ = toys(embedding_cache=tmp_path)
    raw(encoder, ["b"])
    done: list[int] = []
    chunks = [Checked(["a", "b", "b"], np.arange(3), ()), Checked(["b"], np.arange(3, 4), ())]
    list(encoder.embed_chunks(chunks, advance=done.append))
    assert sum(done) == 4


def test_no_model_is_loaded_where_all_is_there(
    use: Encoder, model_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["Where is my parcel?", "Wo ist mein Paket?"]
    encoder = Encoder("use", cache_dir=model_cache, embedding_cache=tmp_path)
    found = encoder.encode(texts)
    assert found.tobytes() == use.encode(texts).tobytes()
    monkeypatch.setattr(encoder_module, "open_backend", None)
    assert Encoder("use", embedding_cache=tmp_path).encode(texts).tobytes() == found.tobytes()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_prompts_windows_and_precisions_are_kept_apart(toys: Toys, tmp_path: Path) -> None:
    text = "word " * 30
    encoder, backend = toys(embedding_cache=tmp_path)
    for embed in (encoder.encode, encoder.encode_document):
        with pytest.warns(TruncationWarning):
            embed([text])
    encoder.encode([text], long="window")
    assert len(backend.tokenized) == 3
    fast, other = toys(embedding_cache=tmp_path)
    fast.card = replace(fast.card, precision="fast")
    fast.encode(["a"])
    assert other.tokenized == ["a"]
    with pytest.warns(TruncationWarning):
        encoder.encode_query([text])
    assert len(backend.tokenized) == 3, "e5 reads queries and symmetric texts after one prompt"


def test_what_is_cut_is_told_each_time(toys: Toys, tmp_path: Path) -> None:
    encoder, backend = toys(embedding_cache=tmp_path)
    for _ in range(2):
        with pytest.warns(TruncationWarning) as caught:
            encoder.encode(["a", "word " * 30, "b", "word " * 30])
        assert caught[0].message.rows == (1, 3)  # type: ignore[union-attr]
    assert len(backend.tokenized) == 3
    with pytest.raises(InputError) as refused:
        encoder.encode(["word " * 30, "new"], long="error")
    assert refused.value.rows == (0,)


def test_true_is_the_usual_folder(toys: Toys, model_cache: Path, tmp_path: Path) -> None:
    assert toys(embedding_cache=True)[0]._cache.folder == model_cache / "embeddings"  # type: ignore[union-attr]
    assert toys(embedding_cache=True, cache_dir=tmp_path)[0]._cache.folder == tmp_path / "embeddings"  # type: ignore[union-attr]
    assert toys(embedding_cache=False)[0]._cache is None
    assert toys()[0]._cache is None


def test_workers_are_not_asked_for_what_is_there(model_cache: Path, tmp_path: Path) -> None:
    texts = [f"text number {row}" for row in range(80)]
    with Encoder("use", workers=2, cache_dir=model_cache, embedding_cache=tmp_path) as encoder:
        first = encoder.encode(texts)
    with Encoder("use", workers=2, cache_dir=model_cache, embedding_cache=tmp_path) as encoder:
        assert encoder.encode(texts[::-1])[::-1].tobytes() == first.tobytes()
        assert encoder._workers().processes == []  # type: ignore[union-attr]


CARD: ModelCard = replace(find("use"), dimension=256)


def numbers(start: int, end: int) -> tuple[list[str], Any, Any]:
    texts = [f"text {number}" for number in range(start, end)]
    vectors = np.repeat(np.arange(start, end, dtype=np.float32)[:, None], 256, axis=1)
    return texts, vectors, np.zeros(end - start, dtype=bool)


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, max_bytes="1MB")
    shelf = cache.shelf(CARD, "", False)
    favourites = numbers(0, 20)
    shelf.put(*favourites)
    for start in range(20, 5000, 60):
        shelf.put(*numbers(start, start + 60))
        hits, vectors, _ = shelf.get(favourites[0])
        assert hits.tolist() == list(range(20)), start
        np.testing.assert_array_equal(vectors, favourites[1])
        assert cache.path.stat().st_size <= 1.3e6
    hits, vectors, _ = shelf.get(numbers(20, 5000)[0])
    assert 500 < len(hits) < 1000
    assert hits.min() > 3900, "what is left are the last ones"
    np.testing.assert_array_equal(vectors[:, 0], hits + 20)
    assert len(EmbeddingCache(tmp_path, max_bytes="300kB").shelf(CARD, "", False).get(numbers(20, 5000)[0])[0]) == len(
        hits
    )
    small = EmbeddingCache(tmp_path, max_bytes="300kB")
    small.shelf(CARD, "", False).put(*numbers(6000, 6001))
    small.close()
    cache.close()
    assert cache.path.stat().st_size <= 3e5, "a lower limit makes the file smaller"


WRITER = """
import sys
import numpy as np
from dataclasses import replace
from interlingua.encoding.embedding_cache import EmbeddingCache
from interlingua.models.catalogue import find
folder, seed = sys.argv[1], int(sys.argv[2])
shelf = EmbeddingCache(folder, "4MB").shelf(replace(find("use"), dimension=256), "", False)
random = np.random.default_rng(seed)
for _ in range(40):
    some = np.unique(random.integers(0, 6000, 150))
    texts = [f"text {number}" for number in some]
    hits, vectors, cut = shelf.get(texts)
    assert (vectors == some[hits][:, None]).all(), "never anybody else's vector"
    rest = np.setdiff1d(np.arange(len(some)), hits)
    wanted = np.repeat(some[rest].astype(np.float32)[:, None], 256, axis=1)
    shelf.put([texts[place] for place in rest], wanted, np.zeros(len(rest), dtype=bool))
print(shelf._cache.hits)
"""


def test_several_processes_at_once(tmp_path: Path) -> None:
    """They make the file, read, write, and throw out, all together."""
    environment = {**os.environ, "PYTHONPATH": SOURCE, "PYTHONWARNINGS": "error"}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(seed)], env=environment, **pipes)
        for seed in range(4)
    ]
    for writer in writers:
        out, err = writer.communicate(timeout=300)
        assert (writer.returncode, err) == (0, "")
        assert int(out) > 100
    cache = EmbeddingCache(tmp_path)
    assert sqlite3.connect(cache.path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert cache.contents()[0].entries > 2000


def test_two_processes_that_embed_the_same_keep_it_once(tmp_path: Path) -> None:
    for _ in range(2):
        EmbeddingCache(tmp_path).shelf(CARD, "", False).put(*numbers(0, 10))
    assert EmbeddingCache(tmp_path).contents() == [Contents("use-multilingual-v3", CARD.fingerprint, 10, 10 * 1024)]


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[16384:] = os.urandom(len(content) - 16384)
    path.write_bytes(content)


def foreign(path: Path) -> None:
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE something (a)")
    other.close()


def newer(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()


@pytest.mark.parametrize("harm", [damaged, foreign, newer, lambda path: path.write_bytes(b"no database" * 99)])
def test_a_bad_file_is_told_in_one_sentence(toys: Toys, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    cache = EmbeddingCache(tmp_path)
    cache.shelf(CARD, "", False).put(*numbers(0, 100))
    cache.close()
    harm(cache.path)
    encoder, _ = toys(embedding_cache=tmp_path)
    with pytest.raises(CorruptCache) as caught:
        encoder.encode(["a"])
    assert str(caught.value) == (
        f"{cache.path} is damaged or no embedding cache of this version; delete it, or name another folder."
    )
    with pytest.raises(CorruptCache):
        EmbeddingCache(tmp_path).contents()
    EmbeddingCache(tmp_path).clear()
    encoder, _ = toys(embedding_cache=tmp_path)
    np.testing.assert_array_equal(raw(encoder, ["a"])[:, 0], [2])
    assert EmbeddingCache(tmp_path).contents()[0].entries == 1


def test_clearing_while_it_is_used(toys: Toys, tmp_path: Path) -> None:
    encoder, backend = toys(embedding_cache=tmp_path)
    encoder.encode([f"a {row}" for row in range(3000)])
    other = EmbeddingCache(tmp_path)
    assert other.contents()[0].entries == 3000
    other.clear()
    assert other.contents() == []
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 250_000
    backend.tokenized.clear()
    encoder.encode(["a 1"])
    assert backend.tokenized == ["a 1"]
    EmbeddingCache(tmp_path / "never").clear()
    assert not (tmp_path / "never").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that nobody can write to")
def test_a_folder_that_cannot_be_written_costs_a_warning(toys: Toys) -> None:
    encoder, backend = toys(embedding_cache="/proc/interlingua")
    with pytest.warns(
        CacheWarning, match=r"^The embedding cache cannot be used, and everything is computed: /proc/inter"
    ) as it:
        found = raw(encoder, ["a", "b c"])
    assert len(it) == 1
    assert it[0].filename == __file__
    np.testing.assert_array_equal(found[:, 0], [2, 3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        raw(encoder, ["a"])
    assert backend.tokenized == ["a", "b c", "a"]


def test_a_full_disk_costs_a_warning(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    del resource
    code = f"""
import resource, warnings
import numpy as np
from dataclasses import replace
from interlingua.encoding.embedding_cache import EmbeddingCache
from interlingua.models.catalogue import find
shelf = EmbeddingCache({str(tmp_path)!r}).shelf(replace(find("use"), dimension=256), "", False)
shelf.put(["a"], np.ones((1, 256), np.float32), np.zeros(1, bool))
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
texts = [f"text {{number}}" for number in range(2000)]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(2):
        shelf.put(texts, np.ones((2000, 256), np.float32), np.zeros(2000, bool))
        assert not len(shelf.get(texts)[0])
print([str(warning.message) for warning in caught])
"""
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(
        r"\['The embedding cache cannot be used, and everything is computed: \S*: .*\.'\]\n", done.stdout
    )
    assert len(EmbeddingCache(tmp_path).shelf(CARD, "", False).get(["a"])[0]) == 1, "the file is as it was"


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match=r"^The embedding cache is a folder, and \S*file is a file; name another\.$"):
        Encoder("use", embedding_cache=tmp_path / "file")


def test_sizes_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"^max_bytes is a size such as"):
        EmbeddingCache(tmp_path, max_bytes="lots")


def test_it_is_pickled_by_its_folder(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, "5MB")
    cache.shelf(CARD, "", False).put(*numbers(0, 3))
    copy = pickle.loads(pickle.dumps(Encoder("use", embedding_cache=cache)))._cache
    assert (copy.folder, copy.max_bytes) == (tmp_path, 5_000_000)
    assert len(copy.shelf(CARD, "", False).get(numbers(0, 3)[0])[0]) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_opens_it_anew(tmp_path: Path) -> None:
    shelf = EmbeddingCache(tmp_path).shelf(CARD, "", False)
    shelf.put(*numbers(0, 3))
    child = os.fork()
    if not child:
        shelf.put(*numbers(3, 6))
        os._exit(len(shelf.get(numbers(0, 6)[0])[0]))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 6
    assert len(shelf.get(numbers(0, 6)[0])[0]) == 6
