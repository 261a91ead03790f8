"""A trained classifier as a folder: JSON and arrays, no pickle, and a digest of each file."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua._version import __version__
from interlingua.classification.confidence import Confidence
from interlingua.classification.fitting import Trained
from interlingua.classification.heads import head_of
from interlingua.classification.space import Space
from interlingua.errors import CorruptModel, InputError, StorageError, WrongModel
from interlingua.texts.writing import open_atomic, sync_folder, writing_errors
from interlingua.types import TextEncoder

FORMAT = "interlingua classifier 1"
_FACTS = "classifier.json"
_ARRAYS = "arrays.npz"
_TEXTS = "examples.jsonl"
# What cannot be said in JSON is not kept: the encoder is opened by its name.
_NOT_KEPT = frozenset({"encoder", "class_weight"})


def save(trained: Trained, parameters: Mapping[str, Any], path: str | os.PathLike[str], *, keep_texts: bool) -> None:
    """Write it under a temporary name, and put it in place when it is whole.

    Raises:
        StorageError: the disk refuses.
        InputError: something else is at the path.
    """
    target = Path(path)
    if target.exists() and not (target / _FACTS).is_file() and not (target.is_dir() and not any(target.iterdir())):
        raise InputError(f"{target} is there already and is no classifier; give another folder.")
    with writing_errors(target):
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.absolute().parent))
    try:
        _write(trained, parameters, aside, keep_texts)
        with writing_errors(target):
            _put_in_place(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write(trained: Trained, parameters: Mapping[str, Any], folder: Path, keep_texts: bool) -> None:
    digests = {}
    arrays = io.BytesIO()
    np.savez(arrays, allow_pickle=False, **_arrays(trained))
    contents = {_ARRAYS: arrays.getvalue()}
    if keep_texts and trained.texts is not None:
        contents[_TEXTS] = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in trained.texts).encode()
    for name, content in contents.items():
        digests[name] = sha256(content).hexdigest()
        with open_atomic(folder / name, "wb") as file:
            file.write(content)
    facts = _facts(trained, parameters) | {"files": digests}
    with open_atomic(folder / _FACTS) as text:
        text.write(json.dumps(facts, ensure_ascii=False, indent=1) + "\n")


def _put_in_place(aside: Path, target: Path) -> None:
    aside.chmod(0o777 & ~_umask())
    if target.exists():
        # A folder cannot be replaced in one step; the old one goes only when the new one is whole.
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.absolute().parent))
        target.replace(old / "old")
        aside.replace(target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        aside.replace(target)
    sync_folder(target.absolute().parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _facts(trained: Trained, parameters: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in parameters.items() if name not in _NOT_KEPT and _is_plain(value)}
    curve = trained.label_curve
    return {
        "format": FORMAT,
        "version": __version__,
        "model": trained.model,
        "precision": trained.precision,
        "fingerprint": trained.fingerprint,
        "dimension": trained.dimension,
        "classes": [label.item() if isinstance(label, np.generic) else label for label in trained.classes],
        "classes_kind": trained.classes.dtype.str,
        "kind": trained.kind,
        "head": trained.head.name,
        "centring": trained.space.centring,
        "scale": trained.scale,
        "confidence": None if trained.confidence is None else trained.confidence.facts(),
        "label_curve": None if curve is None else [one.tolist() for one in curve],
        "langs": trained.langs,
        "parameters": kept,
        "about": trained.about,
    }


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _arrays(trained: Trained) -> dict[str, NDArray[Any]]:
    head = trained.head.arrays()
    # The examples that vote are mostly the very ones that explanations show.
    examples = {"examples": trained.examples}
    if "examples" in head and np.array_equal(head["examples"], trained.examples):
        examples = {}
    return {
        **{f"space.{name}": value for name, value in trained.space.arrays().items()},
        **{f"head.{name}": value for name, value in head.items()},
        **examples,
        "example_rows": trained.example_rows,
        "example_labels": trained.example_labels,
    }


def load(path: str | os.PathLike[str], encoder: TextEncoder | None) -> tuple[Trained, dict[str, Any]]:
    """What ``save`` wrote, and the estimator's parameters.

    Raises:
        InputError: there is no classifier.
        CorruptModel: a file is missing or damaged, or of a later format.
        WrongModel: ``encoder`` is not the one that it was trained with.
        StorageError: it cannot be read.
    """
    folder = Path(path)
    facts = _read_facts(folder)
    contents = {name: _read(folder, name, digest) for name, digest in facts["files"].items()}
    fingerprint = facts["fingerprint"]
    if encoder is not None and fingerprint is not None and encoder.fingerprint != fingerprint:
        raise WrongModel(
            f"{folder} was trained on vectors of {facts['model']} (fingerprint {fingerprint}), but the encoder is {encoder.name} "
            f"({encoder.fingerprint}); take that model and precision, or train it anew."
        )
    try:
        return _trained(facts, contents), dict(facts["parameters"])
    except (ValueError, KeyError, TypeError, IndexError, OSError, EOFError) as error:
        raise CorruptModel(f"{folder} is no classifier that this version reads ({error}); train it anew.") from None


def opening(path: str | os.PathLike[str]) -> tuple[str, str | None]:
    """The model that a classifier was trained with, and its precision: what opens the encoder before the arrays are read.

    Raises:
        InputError: there is no classifier, or it was trained on bare vectors.
        CorruptModel: it is damaged.
        StorageError: it cannot be read.
    """
    facts = _read_facts(Path(path))
    if facts["model"] is None:
        raise InputError(f"{path} was trained on bare vectors and not with a model; it can be used from Python only.")
    return facts["model"], facts["precision"]


def _read_facts(folder: Path) -> dict[str, Any]:
    try:
        text = (folder / _FACTS).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        if (folder / _ARRAYS).exists():
            raise CorruptModel(f"{folder} lacks {_FACTS}; train the classifier anew.") from None
        raise InputError(f"{folder} is no trained classifier; 'interlingua classify train' makes one.") from None
    except UnicodeDecodeError:
        raise CorruptModel(f"{folder / _FACTS} is damaged; train the classifier anew.") from None
    except OSError as error:
        raise StorageError(f"{folder} cannot be read: {error.strerror}.") from None
    with suppress(ValueError):
        facts = json.loads(text)
        needed = ("files", "fingerprint", "model", "precision", "parameters")
        found = str(facts.get("format", "")) if isinstance(facts, dict) else ""
        if found == FORMAT and all(name in facts for name in needed):
            return dict(facts)
        if found != FORMAT and found.startswith(FORMAT.rsplit(" ", 1)[0]):
            raise CorruptModel(
                f"{folder} has the format {found!r}, but this version reads {FORMAT!r}; train it anew, or update."
            )
    raise CorruptModel(f"{folder / _FACTS} is damaged; train the classifier anew.")


def _read(folder: Path, name: str, digest: str) -> bytes:
    try:
        content = (folder / name).read_bytes()
    except FileNotFoundError:
        raise CorruptModel(f"{folder} lacks {name}; train the classifier anew.") from None
    except OSError as error:
        raise StorageError(f"{folder / name} cannot be read: {error.strerror}.") from None
    if sha256(content).hexdigest() != digest:
        raise CorruptModel(f"{folder / name} is damaged (its digest is another); train the classifier anew.")
    return content


def _trained(facts: Mapping[str, Any], contents: Mapping[str, bytes]) -> Trained:
    with np.load(io.BytesIO(contents[_ARRAYS]), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    texts = None
    if _TEXTS in contents:
        texts = [json.loads(line) for line in contents[_TEXTS].decode().split("\n")[:-1]]
    confidence, curve = facts["confidence"], facts["label_curve"]
    return Trained(
        classes=np.array(facts["classes"], dtype=np.dtype(facts["classes_kind"])),
        kind=facts["kind"],
        space=Space.of(facts["centring"], _under(arrays, "space.")),
        head=head_of(facts["head"], _under(arrays, "head.")),
        scale=float(facts["scale"]),
        confidence=None if confidence is None else Confidence.of_facts(confidence),
        examples=arrays["examples"] if "examples" in arrays else arrays["head.examples"],
        example_rows=arrays["example_rows"],
        example_labels=arrays["example_labels"],
        texts=texts,
        langs=facts["langs"],
        dimension=int(facts["dimension"]),
        model=facts["model"],
        precision=facts["precision"],
        fingerprint=facts["fingerprint"],
        label_curve=None if curve is None else (np.array(curve[0]), np.array(curve[1])),
        about=facts["about"],
    )


def _under(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
