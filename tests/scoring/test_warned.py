"""What encoders warn of, told once and by the caller's rows."""

from __future__ import annotations

import warnings

import pytest

from interlingua import TextWarning, TruncationWarning
from interlingua.scoring.warned import WarnedRows


def warned(side: str, *, damage: bool = True, cut: int = 2) -> list[warnings.WarningMessage]:
    """Two blocks of texts whose rows are counted in tens."""
    found = WarnedRows("tiny", side, damage=damage)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for block in (0, 1):
            with found.block(["fine", "CafÃ©"], lambda place, block=block: 10 * block + place):  # type: ignore[misc]
                warnings.warn(TruncationWarning("Rows 0, 1 are", range(cut)), stacklevel=1)
                warnings.warn(TextWarning("1 text looks damaged"), stacklevel=1)
                warnings.warn(DeprecationWarning("something else"), stacklevel=1)
        found.tell()
    return caught


def test_rows_are_those_of_the_caller() -> None:
    others, (damaged, cut) = (caught := warned("source"))[:2], caught[2:]
    assert [str(one.message) for one in others] == ["something else"] * 2
    assert str(damaged.message).startswith("source: 2 texts look damaged (rows counted from 0): ")
    assert "in rows 1, 11, such as “CafÃ©”" in str(damaged.message)
    assert str(cut.message) == (
        "source: rows 0, 1, 10, 11 are longer than 'tiny' reads (rows counted from 0). What lies beyond is not compared."
    )
    assert cut.message.rows == (0, 1, 10, 11)  # type: ignore[union-attr]
    assert {one.filename for one in caught} == {__file__}


def test_a_single_list_has_no_name() -> None:
    (cut,) = (one for one in warned("", damage=False, cut=1) if one.category is TruncationWarning)
    assert str(cut.message).startswith("Rows 0, 10 are longer than 'tiny' reads")


def test_damage_is_told_only_where_it_is_wanted() -> None:
    assert TextWarning not in {one.category for one in warned("a", damage=False)}


@pytest.mark.filterwarnings("error")
def test_nothing_is_told_of_nothing() -> None:
    found = WarnedRows("tiny")
    with found.block(["a"], int):
        pass
    found.tell()
