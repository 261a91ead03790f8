"""Work on a file of vectors that can be killed at any time and gone on with: it lies in a folder beside the file.

The folder ``NAME.partial`` holds what is done and a journal of it, which is renewed after each chunk, once the chunk is on
the disk. Whoever goes on cuts the files back to what the journal says, so at most one chunk is lost. One process works in
the folder at a time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from pathlib import Path

from interlingua.encoding.journal import JOURNAL_FILE, Journal, Settings, damaged
from interlingua.encoding.sinks import OWN_FILES, ROWS_FILE, Sink
from interlingua.errors import InputError, OptionError, StorageError
from interlingua.texts.writing import sync_folder, writing_errors
from interlingua.types import Record, Vectors

_LOCK_FILE = "lock"


class Unfinished:
    """The work on one file; see ``hold``.

    Attributes:
        target: the file that is to be.
        folder: where the work lies.
        journal: what is done.
    """

    def __init__(self, target: Path, folder: Path, *, resumable: bool) -> None:
        self.target = target
        self.folder = folder
        self.journal = Journal({})
        self._resumable = resumable
        self._digest = sha256()

    @property
    def left(self) -> bool:
        """Whether there is something on the disk that one could go on with."""
        return (self.folder / JOURNAL_FILE).exists()

    @property
    def begun(self) -> bool:
        """Whether somebody was stopped here, be it before the first chunk."""
        return self.left or bool(self._own_files())

    def begin(self, settings: Settings, *, resume: bool = False, overwrite: bool = False) -> None:
        """Go on with what is left, or start anew.

        Args:
            settings: what the vectors and their form depend on besides the texts, by the name of the option.
            resume: go on with what is left, if anything is.
            overwrite: start anew, whatever is left.

        Raises:
            OptionError: something is left and neither is asked for; or it was begun with other settings.
            StorageError: what is left is damaged; or the disk refused.
        """
        with writing_errors(self.target):
            if overwrite or not self.left:
                self._clear()
                self.journal = Journal(settings)
                return
            journal = Journal.load(self.folder)
            if not resume:
                raise OptionError(
                    f"{self.folder} holds the first {journal.vectors:,} vectors of a run that was interrupted; give --resume "
                    "to go on with it, or --overwrite to start anew."
                )
            self._compare(journal.settings, settings)
            if not journal.complete:
                self._cut_back(journal.sizes)
            self.journal = journal

    def remaining(self, records: Iterator[Record], chunk: int) -> Iterator[Record]:
        """The records that are still to be embedded; those before are read again, to see that they are the same.

        Raises:
            InputError: they are not.
        """
        for record in islice(records, self.journal.vectors):
            self._note(record)
        changed = self._digest.hexdigest() != self.journal.rows
        # A chunk that is not full was the last one; texts after it would have belonged to it.
        last = self.journal.complete or self.journal.vectors % chunk
        if changed or (last and next(records, None) is not None):
            raise InputError(
                f"The texts are no longer those that {self.folder} was begun with: the file was changed, or is read with other "
                "options; drop --resume and give --overwrite to start anew."
            )
        return records

    def commit(
        self, sink: Sink, records: Sequence[Record], vectors: Vectors, *, cut: int = 0, first_cut: Sequence[int] = ()
    ) -> None:
        """Add a chunk and bring it to the disk.

        Args:
            sink: what writes it.
            records: what was embedded.
            vectors: one for each.
            cut: how many texts were cut at the model's limit, up to now.
            first_cut: the rows of the first of these.

        Raises:
            StorageError: the disk refused; what was done before stays.
        """
        journal = self.journal
        contiguous = all(record.row == row for row, record in enumerate(records, journal.last_row + 1))
        for record in records:
            self._note(record)
        with writing_errors(self.target):
            sink.write(records, vectors)
            done = replace(
                journal,
                vectors=journal.vectors + len(records),
                rows=self._digest.hexdigest(),
                last_row=records[-1].row,
                gaps=journal.gaps or not contiguous,
                cut=cut,
                first_cut=list(first_cut),
                sizes=sink.sync() if self._resumable else {},
            )
            if self._resumable:
                done.save(self.folder)
        self.journal = done

    def finish(self, sink: Sink) -> bool:
        """Make the result and put it in its place; see ``deliver``.

        Raises:
            StorageError: the disk refused.
        """
        with writing_errors(self.target):
            sink.finish(self.journal.vectors)
            sink.close()
            self.journal = replace(self.journal, complete=True)
            if self._resumable:
                self.journal.save(self.folder)
        return self.deliver()

    def deliver(self) -> bool:
        """Put a complete result in its place, with the listing of its rows where rows are missing. May be done again.

        Returns:
            Whether there is a listing.
        """
        result = self.folder / f"vectors.{self.journal.settings['--format']}"
        rows = self.folder / ROWS_FILE
        with writing_errors(self.target):
            listed = rows.exists() and (self.journal.gaps or self.listing.exists())
            if listed:
                rows.replace(self.listing)
            if result.exists():
                if self.target.exists():
                    shutil.copymode(self.target, result)
                result.replace(self.target)
            sync_folder(self.target.parent)
            # The journal last: until all else is gone, whoever comes next shall do this again.
            self._remove_files()
            self._remove_journal()
        return listed

    @property
    def listing(self) -> Path:
        """Where the rows of the vectors are listed, if they are."""
        return listing_of(self.target)

    def _note(self, record: Record) -> None:
        line = f"{record.row}\0{record.id}\0{record.lang or ''}\0{record.text}\n"
        self._digest.update(line.encode("utf-8", "surrogatepass"))

    def _compare(self, before: Settings, now: Settings) -> None:
        for name in now:
            if before.get(name) != now[name]:
                raise OptionError(
                    f"{self.folder} was begun {_with(name, before.get(name))}, not {_with(name, now[name])}; give the same "
                    "again, or --overwrite to start anew."
                )

    def _cut_back(self, sizes: dict[str, int]) -> None:
        for path in self._own_files():
            if path.name not in sizes:
                path.unlink()
        for name, size in sizes.items():
            path = self.folder / name
            if not path.is_file() or path.stat().st_size < size:
                raise damaged(self.folder)
            os.truncate(path, size)

    def _clear(self) -> None:
        # The journal first: it must not stand for files that are gone.
        self._remove_journal()
        self._remove_files()

    def _remove_journal(self) -> None:
        for name in (JOURNAL_FILE, f"{JOURNAL_FILE}.tmp"):
            (self.folder / name).unlink(missing_ok=True)

    def _remove_files(self) -> None:
        for path in self._own_files():
            path.unlink(missing_ok=True)

    def _own_files(self) -> list[Path]:
        return [path for pattern in OWN_FILES for path in self.folder.glob(pattern)]


def listing_of(target: Path) -> Path:
    """Where the rows of the vectors in a file are listed: ``v.rows.txt`` for ``v.npy``, else after the whole name.

    So that files beside each other, as ``corpus.en`` and ``corpus.fr``, do not share one.
    """
    return target.with_name(f"{target.stem if target.suffix.lower() == '.npy' else target.name}.rows.txt")


@contextmanager
def hold(target: Path, *, resumable: bool = True) -> Iterator[Unfinished]:
    """Have the work on a file to oneself. Afterwards its folder is gone, unless there is something to go on with.

    Args:
        target: the file that is to be; a symbolic link is followed.
        resumable: whether the texts can be read again; if not, nothing is kept.

    Raises:
        StorageError: another process works on the file, or the disk refused.
    """
    from filelock import FileLock, Timeout

    target = Path(os.path.realpath(target))
    if target.is_dir():
        raise StorageError(f"{target} is a folder; give the name of a file.")
    folder = target.with_name(f"{target.name}.partial")
    lock = FileLock(folder / _LOCK_FILE, timeout=0)
    with writing_errors(target):
        folder.mkdir(exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise StorageError(
                f"{target} is being written by another process; wait until it is done, or give another name."
            ) from None
    work = Unfinished(target, folder, resumable=resumable)
    try:
        yield work
    finally:
        # An error that is on its way says more than one in tidying up.
        with suppress(OSError):
            if not work.left:
                work._clear()
                _remove(folder)
        lock.release()
        # Windows removes no file that is open; elsewhere what is there now would be another process's.
        if os.name == "nt" and not work.left:
            with suppress(OSError):
                _remove(folder)


def _remove(folder: Path) -> None:
    (folder / _LOCK_FILE).unlink()
    folder.rmdir()


def _with(name: str, value: str | int | None) -> str:
    return f"without {name}" if value is None else f"with {name} {value}"
