from __future__ import annotations

import numpy as np
import pytest

from interlingua.classification.targets import Targets
from interlingua.errors import InputError


def test_one_label_a_row():
    targets = Targets.of(["b", "a", "b"])
    assert targets.classes.tolist() == ["a", "b"]
    assert targets.places().tolist() == [1, 0, 1]
    assert targets.single


def test_several_labels_a_row():
    targets = Targets.of([["x", "y"], [], {"y"}])
    assert targets.kind == "sets"
    assert targets.classes.tolist() == ["x", "y"]
    assert targets.belongs.tolist() == [[True, True], [False, False], [False, True]]


def test_a_matrix_of_labels():
    targets = Targets.of(np.array([[1, 0, 1], [0, 1, 0]]))
    assert targets.kind == "indicator"
    assert targets.belongs.tolist() == [[True, False, True], [False, True, False]]


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_label_is_named(missing):
    with pytest.raises(InputError, match=r"row 1 \(counted from 0\) has no label") as caught:
        Targets.of(np.array(["a", missing, "b"], dtype=object))
    assert caught.value.rows == (1,)


def test_rows_without_any_label_are_refused():
    with pytest.raises(InputError, match="No row has a label"):
        Targets.of([[], []])


def test_some_rows_keep_all_classes():
    some = Targets.of(["a", "b", "c"]).some(np.array([2]))
    assert some.classes.tolist() == ["a", "b", "c"]
    assert some.places().tolist() == [2]
