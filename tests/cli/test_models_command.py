"""``interlingua models``: which there are, and where their files lie."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import Encoder

Run = Callable[..., Any]
Fails = Callable[..., str]


def test_list(run: Run, use: Encoder, tmp_path: Path) -> None:
    use.load()
    rows = run("models", "list", "-f", "jsonl").rows
    assert [(row["name"], row["dimension"], row["max_tokens"]) for row in rows] == [
        ("e5-small", 384, 512),
        ("use-multilingual-v3", 512, 256),
    ]
    assert rows[1]["state"] == "ready"
    assert rows[0]["languages"] > 90
    rows = run("models", "list", "-f", "tsv", "--cache-dir", str(tmp_path / "none")).table
    assert {row["state"] for row in rows} == {"at first use"}
    assert len(run("models", "list").out.splitlines()) == 4


def test_show(run: Run, use: Encoder, model_cache: Path) -> None:
    use.load()
    result = run("models", "show", "use")
    facts = json.loads(result.out)
    assert (facts["name"], facts["dimension"], facts["licence"]) == ("use-multilingual-v3", 512, "Apache-2.0")
    assert Path(facts["folder"]).is_relative_to(model_cache)
    assert json.loads(run("models", "show", "use", "--cache-dir", "none").out)["folder"] is None


def test_import(run: Run, use: Encoder, model_cache: Path) -> None:
    use.load()
    result = run("models", "import", "use-multilingual-v3")
    assert (result.code, result.err) == (0, "")
    assert (Path(result.out.strip()) / "card.json").is_file()
    assert Path(result.out.strip()).is_relative_to(model_cache)


def test_import_elsewhere(run: Run) -> None:
    folder = Path(run("models", "import", "use", "--cache-dir", "here").out.strip())
    assert folder.is_relative_to(Path("here").resolve()) or folder.is_relative_to("here")
    before = (folder / "manifest.json").stat().st_mtime_ns
    run("models", "import", "use", "--cache-dir", "here")
    assert (folder / "manifest.json").stat().st_mtime_ns == before
    run("models", "import", "use", "--cache-dir", "here", "--again")
    assert (folder / "manifest.json").stat().st_mtime_ns > before


def test_unknown_name(fails: Fails) -> None:
    assert fails(2, "models", "show", "gpt") == (
        "'gpt' is neither a bundled model ('e5-small', 'use-multilingual-v3'), nor a folder, "
        "nor an id of the Hugging Face hub (owner/name)."
    )


@pytest.mark.parametrize("command", [["import", "gpt"], ["export", "gpt", "folder"]])
def test_what_is_not_bundled_is_neither_imported_nor_exported(fails: Fails, command: list[str]) -> None:
    assert fails(2, "models", *command) == (
        "'gpt' is not a bundled model; there are 'e5-small', 'use-multilingual-v3'."
    )


def test_a_source_that_is_none(run: Run, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"no weights")
    for source in ("nothing", "weights.bin"):
        result = run("models", "import", "e5-small", "--from", source, "--cache-dir", "here")
        assert result.code == 1
        assert result.err.startswith("error: ")
        assert source in result.err
        assert result.err.count("\n") == 1
        assert not list(Path("here").rglob("manifest.json"))


def test_a_cache_folder_that_is_none(fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "a.txt").write_text("a\n")
    assert "file" in fails(1, "encode", "a.txt", "-m", "use", "--cache-dir", "file")


def test_export(run: Run, fails: Fails) -> None:
    result = run("models", "export", "e5-small", "exported")
    assert result.code == 0
    assert result.err == "exported: load it with SentenceTransformer('exported')\n"
    assert {"model.safetensors", "tokenizer.json", "modules.json"} <= set(os.listdir("exported"))
    message = fails(1, "models", "export", "e5-small", "exported")
    assert message.endswith(
        "exported exists and is not an empty folder; choose another, so that nothing is overwritten."
    )


def test_export_of_what_has_no_module(fails: Fails) -> None:
    assert "only 'e5-small' can be exported" in fails(2, "models", "export", "use", "exported")
