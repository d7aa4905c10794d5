from __future__ import annotations

import numpy as np
import pytest
import torch

from s2m.engine import aggregation
from s2m.training.aggregation import aggregate_logits


@pytest.mark.parametrize("objects", [1, 2, 5])
def test_tensors_and_arrays_are_aggregated_alike(objects: int) -> None:
    logits = np.random.default_rng(0).normal(0, 6, (objects, 7, 9)).astype(np.float32)
    ours = aggregate_logits(torch.from_numpy(logits)[None])[0]
    np.testing.assert_allclose(ours.numpy(), aggregation.aggregate_logits(logits), atol=2e-4, rtol=1e-4)
    np.testing.assert_allclose(ours.softmax(0).numpy(), aggregation.aggregate_probs(logits), atol=1e-5)


def test_certain_absence_and_presence_have_finite_values_and_gradients() -> None:
    logits = torch.tensor([-200.0, -20.0, 0.0, 20.0, 200.0]).reshape(1, 1, 1, 5).requires_grad_()
    aggregated = aggregate_logits(logits)
    torch.autograd.backward(aggregated.log_softmax(1)[:, 1].sum())
    assert torch.isfinite(aggregated).all()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
