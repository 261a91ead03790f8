"""The package as it is imported."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import interlingua


def in_a_new_process(code: str) -> object:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = ["numpy", "onnx", "onnxruntime", "tokenizers", "faiss", "typer", "rich", "py3langid", "ftfy", "langcodes"]
    loaded = in_a_new_process(
        f"import sys, json, interlingua; interlingua.__version__, interlingua.__all__, dir(interlingua);"
        f"print(json.dumps([name for name in {heavy!r} if name in sys.modules]))"
    )
    assert loaded == []


def test_an_encoder_loads_its_model_only_when_needed() -> None:
    loaded = in_a_new_process(
        "import sys, json, interlingua; interlingua.Encoder(); interlingua.FakeEncoder().encode('a');"
        "print(json.dumps([name for name in ('onnx', 'onnxruntime', 'tokenizers', 'faiss', 'typer', 'rich') "
        "if name in sys.modules]))"
    )
    assert loaded == []


@pytest.mark.parametrize("name", interlingua.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    value = getattr(interlingua, name)
    if name != "__version__":
        assert value.__name__ == name
        assert value.__module__.startswith("interlingua.")
        assert value.__doc__
        assert getattr(interlingua, name) is value


def test_the_public_names_are_listed_in_order() -> None:
    assert dir(interlingua) == sorted(interlingua.__all__)
    assert len(set(interlingua.__all__)) == len(interlingua.__all__)


def test_star_import_gives_them_all() -> None:
    namespace: dict[str, object] = {}
    exec("from interlingua import *", namespace)
    assert set(interlingua.__all__) <= set(namespace)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'interlingua' has no attribute 'Index2'"):
        interlingua.Index2  # noqa: B018
    with pytest.raises(ImportError):
        from interlingua import Index2  # noqa: F401


def test_the_version_is_one() -> None:
    parts = interlingua.__version__.split(".")
    assert len(parts) >= 3
    assert parts[0].isdigit()
