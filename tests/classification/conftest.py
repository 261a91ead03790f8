from __future__ import annotations

import pytest
import topics

from interlingua import CrossLingualClassifier, Encoder


@pytest.fixture(scope="session")
def trained(e5: Encoder) -> CrossLingualClassifier:
    """Trained on the English texts of ``topics``."""
    return CrossLingualClassifier(e5, target_precision=0.95).fit(*topics.training())
