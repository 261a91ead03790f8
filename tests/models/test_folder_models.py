"""Models that are not bundled: what their small files say, and how they are found, without torch."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
from huggingface_hub.utils import filter_repo_objects
from safetensors.numpy import load_file, save_file
from sentence_models import BERT_FILES, COLUMNS, DENSE, LIMIT, POSITIONS, write_bert, write_static

from interlingua import Encoder, LanguageMeans
from interlingua.errors import CorruptModel, MissingExtra, ModelUnavailable, OptionError, UnknownModel
from interlingua.models import resolving
from interlingua.models.card import Prompts
from interlingua.models.families import prompts_of
from interlingua.models.folder import UNLIMITED
from interlingua.models.resolving import folder_card, hub_card, local_folder, resolve

COMMIT = "0123456789abcdef0123456789abcdef01234567"
E5 = Prompts("query: ", "query: ", "passage: ")


def change(path: Path, **values: Any) -> None:
    """Set values in a JSON file; None takes one out."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content = {key: value for key, value in {**content, **values}.items() if value is not None}
    path.write_text(json.dumps(content), encoding="utf-8")


def set_module(folder: Path, number: int, **values: str) -> None:
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    modules[number] |= values
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    return write_bert(tmp_path / "my-bert")


class TestTheCard:
    def test_of_a_transformer(self, tmp_path: Path) -> None:
        folder = write_bert(tmp_path / "my-bert", settings={"prompts": {"query": "q: ", "document": "d: "}})
        card = folder_card(folder)
        assert (card.name, card.title, card.location) == ("my-bert", "my-bert", str(folder))
        assert (card.dimension, card.max_tokens, card.pooling) == (DENSE, LIMIT, "mean")
        assert card.prompts == Prompts("", "q: ", "d: ")
        assert (card.languages, card.licence, card.sources) == ((), "", ())
        assert len(card.revision) == 40
        assert json.loads(json.dumps(card.as_dict()))["fingerprint"] == card.fingerprint

    @pytest.mark.parametrize("name", ["embedding.weight", "embeddings"])
    def test_of_a_table_of_embeddings(self, tmp_path: Path, name: str) -> None:
        card = folder_card(write_static(tmp_path / "static", name=name))
        assert (card.dimension, card.max_tokens, card.pooling) == (COLUMNS, UNLIMITED, "mean")

    def test_the_tables_tokenizer_may_have_a_limit(self, tmp_path: Path) -> None:
        assert folder_card(write_static(tmp_path / "static", truncation=7)).max_tokens == 7

    def test_the_dimension_is_that_of_the_last_module(self, bert: Path) -> None:
        modules = json.loads((bert / "modules.json").read_text(encoding="utf-8"))
        (bert / "modules.json").write_text(json.dumps(modules[:2]), encoding="utf-8")
        assert folder_card(bert).dimension == 32
        change(bert / "1_Pooling" / "config.json", pooling_mode_cls_token=True)
        card = folder_card(bert)
        assert (card.dimension, card.pooling) == (64, "cls and mean")
        (bert / "1_Pooling" / "config.json").write_text('{"embedding_dimension": 32, "pooling_mode": "lasttoken"}')
        card = folder_card(bert)
        assert (card.dimension, card.pooling) == (32, "lasttoken")
        (bert / "config_sentence_transformers.json").write_text('{"truncate_dim": 8}')
        assert folder_card(bert).dimension == 8

    def test_without_a_limit_of_its_own_it_is_the_tokenizers_or_the_networks(self, bert: Path) -> None:
        change(bert / "sentence_bert_config.json", max_seq_length=None)
        assert folder_card(bert).max_tokens == POSITIONS
        change(bert / "tokenizer_config.json", model_max_length=16)
        assert folder_card(bert).max_tokens == 16
        change(bert / "tokenizer_config.json", model_max_length=10**30)
        change(bert / "config.json", max_position_embeddings=None)
        assert folder_card(bert).max_tokens == UNLIMITED

    def test_the_name_of_a_bundled_model_stays_its_own(self, tmp_path: Path) -> None:
        card = folder_card(write_bert(tmp_path / "use"))
        assert card.name == "use (folder)"
        with pytest.raises(OptionError, match="No language means come with a model"):
            LanguageMeans.shipped(card.name)

    def test_the_name_of_a_bundled_model_is_that_of_its_family(self, tmp_path: Path) -> None:
        card = folder_card(write_bert(tmp_path / "multilingual-e5-small"))
        assert (card.name, card.prompts) == ("multilingual-e5-small (folder)", E5)
        assert folder_card(write_bert(tmp_path / "multilingual-e5-base")).prompts == E5
        assert folder_card(write_bert(tmp_path / "a-copy")).prompts == Prompts()


class TestTheFingerprint:
    def test_a_folder_for_a_module_without_files_changes_nothing(self, bert: Path) -> None:
        assert not (bert / "3_Normalize").exists()
        before = folder_card(bert).fingerprint
        (bert / "3_Normalize").mkdir()
        assert folder_card(bert).fingerprint == before

    def test_it_is_the_models_and_not_the_places(self, bert: Path, tmp_path: Path) -> None:
        copy = shutil.copytree(bert, tmp_path / "elsewhere")
        (copy / "README.md").write_text("told", encoding="utf-8")
        assert folder_card(copy).fingerprint == folder_card(bert).fingerprint

    @pytest.mark.parametrize("name", [name for name in BERT_FILES if name.endswith(".safetensors")])
    def test_it_changes_with_a_single_weight(self, bert: Path, name: str) -> None:
        before = folder_card(bert).fingerprint
        tensors = load_file(bert / name)
        some = next(iter(tensors))
        tensors[some] = tensors[some].copy()
        tensors[some].flat[0] = np.nextafter(tensors[some].flat[0], np.float32(9))
        save_file(tensors, bert / name, metadata={"format": "pt"})
        assert folder_card(bert).fingerprint != before

    def test_it_changes_with_tokenizer_prompts_limit_and_precision(self, bert: Path) -> None:
        seen = {folder_card(bert).fingerprint, replace(folder_card(bert), precision="fast").fingerprint}
        change(bert / "tokenizer.json", version="1.1")
        seen.add(folder_card(bert).fingerprint)
        (bert / "config_sentence_transformers.json").write_text('{"prompts": {"query": "q "}}')
        seen.add(folder_card(bert).fingerprint)
        change(bert / "sentence_bert_config.json", max_seq_length=9)
        seen.add(folder_card(bert).fingerprint)
        assert len(seen) == 5


class TestPrompts:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("multilingual-e5-base", E5),
            ("E5-base-v2", E5),
            ("multilingual-e5-large-instruct", Prompts()),
            ("my-e5-base", Prompts()),
            ("bge-base-en-v1.5", Prompts(query="Represent this sentence for searching relevant passages: ")),
            ("bge-m3", Prompts()),
            ("LaBSE", Prompts()),
        ],
    )
    @pytest.mark.parametrize(
        "config", [{}, {"prompts": {}}, {"prompts": {"query": "", "document": ""}}, {"prompts": None}]
    )
    def test_of_families_whose_files_have_none(self, name: str, expected: Prompts, config: dict[str, Any]) -> None:
        assert prompts_of(name, config) == expected

    @pytest.mark.parametrize(
        ("config", "expected"),
        [
            ({"prompts": {"query": "query: ", "passage": "passage: "}}, E5),
            ({"prompts": {"query": "q ", "document": "", "passage": "p "}}, Prompts("", "q ", "p ")),
            ({"prompts": {"query": "q ", "sts": "s "}, "default_prompt_name": "sts"}, Prompts("s ", "q ", "")),
            ({"prompts": {"corpus": "c "}}, Prompts("", "", "c ")),
        ],
    )
    def test_the_files_own_go_before(self, config: dict[str, Any], expected: Prompts) -> None:
        assert prompts_of("bge-base-en-v1.5", config) == expected


class TestWhatIsRefused:
    @pytest.mark.parametrize("name", [name for name in BERT_FILES if name != "modules.json"])
    def test_a_missing_file(self, bert: Path, name: str) -> None:
        (bert / name).unlink()
        with pytest.raises(CorruptModel) as raised:
            folder_card(bert)
        assert str(raised.value) == (
            f"{bert} is not a complete sentence-transformers model: {name} is missing; save or download the model again."
        )

    def test_a_missing_part_of_the_weights(self, bert: Path) -> None:
        (bert / "model.safetensors").rename(bert / "model-00001-of-00002.safetensors")
        parts = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
        (bert / "model.safetensors.index.json").write_text(json.dumps({"weight_map": parts}))
        with pytest.raises(CorruptModel, match=r"model-00002-of-00002\.safetensors is missing"):
            folder_card(bert)

    def test_a_folder_without_a_model(self, tmp_path: Path) -> None:
        with pytest.raises(UnknownModel) as raised:
            resolve(tmp_path)
        assert str(raised.value) == (
            f"{tmp_path} is a folder without a sentence-transformers model: modules.json is missing (of a bare transformer, make "
            "one with SentenceTransformer(...).save(FOLDER))."
        )

    @pytest.mark.parametrize(
        "content", ["{", "[1]", "{}", '{"a": 1}', '[{"type": "sentence_transformers.models.Pooling"}]']
    )
    def test_damaged_lists_of_modules(self, bert: Path, content: str) -> None:
        (bert / "modules.json").write_text(content)
        with pytest.raises((CorruptModel, OptionError)) as raised:
            folder_card(bert)
        assert "my-bert" in str(raised.value)

    @pytest.mark.parametrize("name", ["config.json", "1_Pooling/config.json", "config_sentence_transformers.json"])
    @pytest.mark.parametrize("content", ["{", "[]"])
    def test_damaged_settings(self, bert: Path, name: str, content: str) -> None:
        (bert / name).write_text(content)
        with pytest.raises(CorruptModel, match=Path(name).name):
            folder_card(bert)

    def test_a_damaged_table(self, tmp_path: Path) -> None:
        folder = write_static(tmp_path / "static")
        (folder / "model.safetensors").write_bytes(b"short")
        with pytest.raises(CorruptModel, match=r"model\.safetensors is damaged"):
            folder_card(folder)

    def test_code_of_its_own(self, bert: Path) -> None:
        set_module(bert, 0, type="custom_st.Transformer")
        with pytest.raises(OptionError) as raised:
            folder_card(bert)
        assert str(raised.value) == (
            "'my-bert' brings code of its own (custom_st.Transformer), which is not run here; take a model without such code."
        )

    def test_a_path_that_leads_out(self, bert: Path) -> None:
        set_module(bert, 2, path="../2_Dense")
        with pytest.raises(CorruptModel, match="outside of the model's folder"):
            folder_card(bert)

    def test_other_kinds_of_models(self, bert: Path) -> None:
        set_module(bert, 0, type="sentence_transformers.models.Router")
        with pytest.raises(
            OptionError, match="'my-bert' begins with Router; what can be run here begins with Transformer or"
        ):
            folder_card(bert)
        (bert / "config_sentence_transformers.json").write_text('{"model_type": "CrossEncoder"}')
        with pytest.raises(OptionError, match="is a CrossEncoder, which does not give one dense vector"):
            folder_card(bert)

    def test_prompts_left_out_of_the_pooling(self, bert: Path) -> None:
        change(bert / "1_Pooling" / "config.json", include_prompt=False)
        with pytest.raises(OptionError, match="leaves its prompts out of the pooling"):
            folder_card(bert)


class TestNames:
    @pytest.fixture
    def no_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    @pytest.fixture
    def extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(resolving, "check_extra", lambda _what: None)

    @pytest.mark.usefixtures("no_extra")
    def test_without_the_extra(self, bert: Path) -> None:
        for name in ("owner/name", str(bert)):
            with pytest.raises(MissingExtra) as raised:
                Encoder(name)
            assert str(raised.value) == (
                f"{name!r} is not a bundled model, and needs the extra 'torch', which is not installed; run: pip install "
                "'interlingua[torch]'."
            )
            assert raised.value.exit_code == 2
        with pytest.raises(MissingExtra, match="The backend 'torch' of 'e5-small' needs the extra 'torch'"):
            Encoder("e5-small", backend="torch").load()

    @pytest.mark.parametrize(
        ("name", "hint"),
        [("e5-smal", " Did you mean 'e5-small'?"), ("./nothing", ""), ("a/b/c", ""), ("", ""), (3, "")],
    )
    def test_what_is_nothing_of_all(self, name: Any, hint: str) -> None:
        with pytest.raises(UnknownModel) as raised:
            Encoder(name)
        assert str(raised.value) == (
            f"{name!r} is neither a bundled model ('e5-small', 'use-multilingual-v3'), nor a folder, nor an id of the Hugging "
            f"Face hub (owner/name).{hint}"
        )

    @pytest.mark.usefixtures("extra")
    def test_a_folder_by_any_path(self, bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(bert.parent)
        cards = [resolve(name) for name in ("my-bert", "./my-bert", bert, f"{bert}/")]
        assert {card.location for card in cards} == {str(bert)}
        assert len({card.fingerprint for card in cards}) == 1

    def test_the_home_of_nobody(self) -> None:
        with pytest.raises(OptionError) as raised:
            Encoder("~nobody-of-this-name/model")
        assert str(raised.value) == (
            "~nobody-of-this-name/model begins in a home folder that cannot be found; write the path out, or ./~… for a name "
            "with ~."
        )
        with pytest.raises(OptionError, match="a home folder that cannot be found"):
            Encoder("use", cache_dir="~nobody-of-this-name").load()

    def test_longer_than_a_path_can_be(self) -> None:
        with pytest.raises(UnknownModel, match="is neither a bundled model"):
            Encoder("x" * 5000)

    @pytest.mark.usefixtures("extra")
    @pytest.mark.parametrize("refused", ["my-bert", "modules.json"])
    def test_a_folder_that_may_not_be_read(self, bert: Path, monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
        there = Path.stat

        def stat(path: Path, **options: Any) -> os.stat_result:
            if path.name == refused:
                raise PermissionError(13, "Permission denied", str(path))
            return there(path, **options)

        monkeypatch.setattr(Path, "stat", stat)
        monkeypatch.setattr(Path, "is_dir", lambda path: path.stat().st_mode & 0o040000 != 0)
        monkeypatch.setattr(Path, "is_file", lambda path: path.stat().st_mode & 0o100000 != 0)
        with pytest.raises(UnknownModel) as raised:
            Encoder(bert)
        assert str(raised.value) == f"{bert} may not be read by this user, so what model it is cannot be told."

    @pytest.mark.usefixtures("extra")
    def test_a_folder_runs_on_torch_only(self, bert: Path) -> None:
        with pytest.raises(OptionError) as raised:
            Encoder(bert, backend="onnx").load()
        assert str(raised.value) == "'my-bert' is not a bundled model: the backend 'torch' runs it, not 'onnx'."

    def test_a_folder_that_went_away(self, bert: Path) -> None:
        card = folder_card(bert)
        shutil.rmtree(bert)
        with pytest.raises(CorruptModel, match="is not there any more"):
            local_folder(card)


class FakeHub:
    """The hub with one model, and an empty local cache."""

    def __init__(self, model: Path, cache: Path) -> None:
        self.model = model
        self.cache = cache
        self.fetched: list[str] = []
        self.error: Exception | None = None

    @property
    def folder(self) -> Path:
        return self.cache / "models--owner--name" / "snapshots" / COMMIT

    def names(self, name: str = "owner/name", revision: str | None = None) -> list[str]:
        if self.error:
            raise self.error
        assert (name, revision) in (("owner/name", None), ("owner/name", COMMIT))
        return [path.relative_to(self.model).as_posix() for path in sorted(self.model.rglob("*")) if path.is_file()]

    def snapshot(
        self, name: str, *, revision: str | None, allow_patterns: list[str], ignore_patterns: list[str]
    ) -> str:
        wanted = self.names(name, revision)
        for path in filter_repo_objects(wanted, allow_patterns=allow_patterns, ignore_patterns=ignore_patterns):
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.model / path, self.folder / path)
            self.fetched.append(path)
        reference = self.folder.parents[1] / "refs" / "main"
        reference.parent.mkdir(exist_ok=True)
        reference.write_text(COMMIT)
        return str(self.folder)


@pytest.fixture
def hub(bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    fake = FakeHub(bert, tmp_path / "hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(fake.cache))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fake.snapshot)
    monkeypatch.setattr(
        huggingface_hub.HfApi, "list_repo_files", lambda _, *given, **named: fake.names(*given, **named)
    )
    return fake


class TestTheHub:
    def test_the_card_needs_no_weights(self, hub: FakeHub, bert: Path) -> None:
        (bert / "onnx").mkdir()
        (bert / "onnx" / "config.json").write_text("{}")
        card = hub_card("owner/name")
        assert (card.name, card.location, card.revision) == ("owner/name", "owner/name", COMMIT)
        assert (card.dimension, card.max_tokens) == (DENSE, LIMIT)
        assert {Path(name).suffix for name in hub.fetched} == {".json"}
        assert "onnx/config.json" not in hub.fetched

    def test_then_the_weights_are_fetched_once_and_in_one_form(self, hub: FakeHub, bert: Path) -> None:
        for name in ("pytorch_model.bin", "2_Dense/pytorch_model.bin", "model.onnx", "rust_model.ot"):
            (bert / name).write_bytes(b"x")
        (bert / "2_Dense" / "model.safetensors").unlink()
        card = hub_card("owner/name")
        hub.fetched.clear()
        assert local_folder(card) == hub.folder
        weights = [name for name in hub.fetched if not name.endswith(".json")]
        assert weights == ["2_Dense/pytorch_model.bin", "model.safetensors"]
        hub.fetched.clear()
        hub.error = OSError("no network")
        assert local_folder(hub_card("owner/name")) == hub.folder
        assert hub.fetched == []

    def test_a_table_tells_its_dimension_in_its_weights(self, hub: FakeHub, tmp_path: Path) -> None:
        hub.model = write_static(tmp_path / "static")
        assert hub_card("owner/name").dimension == COLUMNS
        assert "model.safetensors" in hub.fetched

    @pytest.mark.usefixtures("hub")
    def test_the_fingerprint_is_of_the_commit(self) -> None:
        card = hub_card("owner/name")
        assert replace(card, revision="f" * 40).fingerprint != card.fingerprint
        assert replace(card, location="another/name").fingerprint == card.fingerprint

    @pytest.mark.usefixtures("hub")
    def test_weights_that_the_hub_does_not_have(self, bert: Path) -> None:
        (bert / "model.safetensors").unlink()
        card = hub_card("owner/name")
        with pytest.raises(CorruptModel, match=r"model\.safetensors is missing"):
            local_folder(card)

    def test_no_network(self, hub: FakeHub) -> None:
        error = OSError("An error happened.\nPlease check your connection.")
        error.__cause__ = ConnectionError("[Errno -2] Name or service not known")
        hub.error = error
        with pytest.raises(ModelUnavailable) as raised:
            hub_card("owner/name")
        assert str(raised.value) == (
            "'owner/name' is not on this machine, and this machine cannot get it from the model hub ([Errno -2] Name or service "
            "not known): download it elsewhere (hf download owner/name --local-dir FOLDER) and give its folder."
        )

    def test_no_network_for_the_weights(self, hub: FakeHub) -> None:
        card = hub_card("owner/name")
        hub.error = OSError("no network")
        with pytest.raises(
            ModelUnavailable, match=r"cannot get it from the model hub \(no network\): download it elsewhere"
        ):
            local_folder(card)

    @pytest.mark.parametrize(
        ("kind", "expected", "told"),
        [
            (
                RepositoryNotFoundError,
                UnknownModel,
                "The model hub has no model 'owner/name', or not for everybody, and here is ",
            ),
            (
                GatedRepoError,
                ModelUnavailable,
                "'owner/name' is given only to those whom its owners admit: ask for access",
            ),
        ],
    )
    def test_what_the_hub_refuses(self, hub: FakeHub, kind: Any, expected: type[Exception], told: str) -> None:
        hub.error = kind.__new__(kind)
        with pytest.raises(expected) as raised:
            hub_card("owner/name")
        assert str(raised.value).startswith(told)
