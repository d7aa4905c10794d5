from __future__ import annotations

import numpy as np
import pytest

from s2m.errors import MaskError
from s2m.session.comparison import ObjectChange, object_changes


def test_objects_that_changed_most_come_first() -> None:
    old = np.array([[1, 1, 1, 1], [2, 2, 0, 255]])
    new = np.array([[1, 1, 1, 0], [3, 0, 0, 0]])
    assert object_changes(old, new) == (
        ObjectChange(2, 0.0, 2, 0),
        ObjectChange(3, 0.0, 0, 1),
        ObjectChange(1, 0.75, 4, 3),
    )


def test_maps_of_different_sizes_are_refused() -> None:
    with pytest.raises(MaskError):
        object_changes(np.zeros((2, 2), dtype=np.int32), np.zeros((3, 2), dtype=np.int32))
