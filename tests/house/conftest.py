"""What the tests of the tree itself share."""

from pathlib import Path

import pytest
from scratch import Scratch, copy_to


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    """A copy of the tree, in which a test may add and break things."""
    return copy_to(tmp_path)
