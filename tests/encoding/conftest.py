"""What the encoder's tests share: both bundled models in turn."""

from __future__ import annotations

import pytest

from interlingua import Encoder


@pytest.fixture(params=["e5-small", "use-multilingual-v3"])
def encoder(request: pytest.FixtureRequest, e5: Encoder, use: Encoder) -> Encoder:
    """Each bundled model."""
    return {"e5-small": e5, "use-multilingual-v3": use}[request.param]
