"""One index in the place of another: two renames, and what they leave when a process ends between them.

The new index grows in ``NAME.reembedding``; the old one is ``.NAME.replaced`` for a moment. A file in each of these folders tells
what it is: what has no such file is somebody else's, and is neither moved nor deleted.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, TypeVar

from interlingua.errors import CorruptIndex, IndexBusy, OptionError
from interlingua.index.manifest import Manifest, flush_folder, read_manifest, write_atomically
from interlingua.index.writing import LOCK, disk

MARK = ".replacing"
State = Literal["growing", "complete", "replaced"]

_T = TypeVar("_T")
_WAIT_SECONDS = 30.0
# How often a waiting writer may get in the way of a rename.
_ATTEMPTS = 100


def reembedding(folder: Path) -> Path:
    """Where the index grows that takes the place of one."""
    real = folder.resolve()
    return real.with_name(f"{real.name}.reembedding")


def mark(folder: Path, state: State) -> None:
    """Write into a folder what it is."""
    write_atomically(folder / MARK, f"{state}\n".encode())


def marked(folder: Path) -> str | None:
    """What a folder says it is; None if it does not."""
    try:
        return (folder / MARK).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None


def take_place(folder: Path, beside: Path) -> None:
    """Put an index in the place of another, which is deleted.

    Raises:
        OptionError: a folder of somebody else's is in the way.
        StorageError: the disk refuses; the old index is in its place then.
    """
    real = folder.resolve()
    replaced = _replaced(real)
    with disk(real), _swapping(real, _WAIT_SECONDS):
        check_free(folder)
        shutil.rmtree(replaced, ignore_errors=True)
        mark(real, "replaced")
        mark(beside, "complete")
        real.rename(replaced)
        try:
            _put(beside, real)
        except OSError:
            _put(replaced, real)
            (real / MARK).unlink(missing_ok=True)
            raise
        flush_folder(real.parent)
        (real / MARK).unlink(missing_ok=True)
        shutil.rmtree(replaced, ignore_errors=True)


def check_free(folder: Path) -> None:
    """Whether nobody's folder is in the way of the two renames.

    Raises:
        OptionError: there is one.
    """
    replaced = _replaced(folder.resolve())
    if replaced.exists() and marked(replaced) != "replaced":
        raise OptionError(f"{replaced} is in the way, and is not part of an index; move it elsewhere.")


def finish_taking_place(folder: Path) -> None:
    """Bring to its end what ``take_place`` began, where it was interrupted; wait for its end where it is under way."""
    real = folder.resolve()
    # The root of the file system has no name, and nothing beside it.
    if not real.name or marked(replaced := _replaced(real)) != "replaced":
        return
    if not _is_absent(real):
        # Only what is to be deleted is left, which whoever is at it will do.
        with suppress(IndexBusy, OSError), _swapping(real, 0):
            if not _is_absent(real):
                shutil.rmtree(replaced, ignore_errors=True)
        return
    with disk(real), _swapping(real, _WAIT_SECONDS):
        if marked(replaced) == "replaced" and _is_absent(real):
            beside = reembedding(real)
            _put(beside if marked(beside) == "complete" else replaced, real)
            flush_folder(real.parent)
            (real / MARK).unlink(missing_ok=True)
            shutil.rmtree(replaced, ignore_errors=True)


def standing(folder: Path, opening: Callable[[], _T]) -> _T:
    """What ``opening`` makes of the index that stands there; once more if another took its place between two looks."""
    try:
        return opening()
    except (CorruptIndex, IndexBusy, OptionError):
        finish_taking_place(folder)
        return opening()


def standing_manifest(folder: Path) -> Manifest:
    """The manifest of the index that stands there; what ``take_place`` began is brought to its end first.

    Raises:
        OptionError: the folder is no index.
        CorruptIndex: the manifest is missing or damaged.
    """
    finish_taking_place(folder)
    return standing(folder, lambda: read_manifest(folder))


def _replaced(real: Path) -> Path:
    return real.with_name(f".{real.name}.replaced")


def _is_absent(real: Path) -> bool:
    """Whether no index is there; a writer that waits makes the folder anew for its lock."""
    try:
        return {path.name for path in real.iterdir()} <= {LOCK}
    except FileNotFoundError:
        return True


def _put(source: Path, real: Path) -> None:
    for _ in range(_ATTEMPTS):
        try:
            source.rename(real)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not _is_absent(real):
                raise
            with suppress(OSError):
                (real / LOCK).unlink(missing_ok=True)
                real.rmdir()
        else:
            return
    raise IndexBusy(f"{real} is being written by another process; try again when it has ended.")


@contextmanager
def _swapping(real: Path, wait: float) -> Iterator[None]:
    """Holds the lock of those who rename, which lies beside the folder, because the folder goes.

    Raises:
        IndexBusy: another process has it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(real.with_name(f".{real.name}.replacing"))
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        raise IndexBusy(f"{real} is being replaced by another process; try again when it has ended.") from None
    try:
        yield
    finally:
        with suppress(OSError):
            Path(lock.lock_file).unlink()
        lock.release()
