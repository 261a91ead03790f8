"""What tests share: a model cache of their own, the two bundled encoders, and the development data where it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlingua import Encoder, FakeEncoder

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache folder of this test run. Both models are imported into it once (5 seconds); a child process finds it too."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("INTERLINGUA_CACHE")
    os.environ["INTERLINGUA_CACHE"] = str(folder)
    yield folder
    if before is None:
        del os.environ["INTERLINGUA_CACHE"]
    else:
        os.environ["INTERLINGUA_CACHE"] = before


@pytest.fixture(scope="session")
def e5(model_cache: Path) -> Encoder:
    """The bundled multilingual-e5-small."""
    return Encoder("e5-small", cache_dir=model_cache)


@pytest.fixture(scope="session")
def use(model_cache: Path) -> Encoder:
    """The bundled universal sentence encoder."""
    return Encoder("use-multilingual-v3", cache_dir=model_cache)


@pytest.fixture
def fake() -> FakeEncoder:
    """An encoder without a model, for logic."""
    return FakeEncoder()


@pytest.fixture(scope="session")
def development_data() -> Path:
    """The development data, which is not part of the project: INTERLINGUA_DATA, else ../shared/data."""
    folder = Path(os.environ.get("INTERLINGUA_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the development data is not here ({folder}); set INTERLINGUA_DATA")
    return folder
