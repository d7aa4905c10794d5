"""Per-object logits (N, h, w) in; soft aggregation (N + 1, h, w) and the label map (h, w) out.

This is the one place that joins objects, that turns channels (positions) into object ids (permanent), and that turns
logits into probabilities and back.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from s2m.types import ABSENT_LOGIT, FloatArray, LabelMap


def sigmoid(logits: FloatArray) -> FloatArray:
    """The probability of each object as if it were alone, float32 in 0..1, of logits of any shape."""
    # By way of tanh there is nothing to overflow.
    return np.asarray(0.5 * np.tanh(0.5 * logits) + 0.5, dtype=np.float32)


def logits_of(probs: FloatArray) -> FloatArray:
    """The inverse of ``sigmoid``, kept within ``ABSENT_LOGIT`` and its opposite."""
    bound = 1 / (1 + np.exp(-ABSENT_LOGIT))
    inside = np.clip(probs, bound, 1 - bound)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float32)


def aggregate_logits(logits: FloatArray) -> FloatArray:
    """Soft aggregation of independent objects, exact and in logit space.

    Each object's odds are p_k / (1 - p_k); the background's probability is prod(1 - p_k), and its odds
    join the race (Oh et al., "Fast User-Guided Video Object Segmentation", CVPR 2019; MiVOS, CVPR 2021).
    In logits: an object's channel is its own logit z_k; the background's is S - log(1 - e^S) with
    S = sum of logsigmoid(-z_k).  A softmax over the channels gives the probabilities.

    Args:
        logits: (N, h, w) float32, N >= 0, each object's logits as if it were alone.

    Returns:
        (N + 1, h, w) float32 logits, the background first.

    One object at p = 0.4 comes out at 0.4^2 / (0.4^2 + 0.6^2) = 0.308; two objects at 0.4 each beat the
    background, 0.352 each against 0.297.
    """
    log_background = -np.logaddexp(0.0, logits.astype(np.float32)).sum(axis=0)
    # log(1 - e^S) through expm1; S = 0 only where every object is certain to be absent.
    log_foreground = np.log(-np.expm1(np.minimum(log_background, -1e-30)))
    background = log_background - log_foreground
    return np.concatenate([background[None], logits]).astype(np.float32)


def aggregate_probs(logits: FloatArray) -> FloatArray:
    """Probabilities (N + 1, h, w) in 0..1 that sum to 1, background first; see ``aggregate_logits``."""
    joined = aggregate_logits(logits)
    joined -= joined.max(axis=0, keepdims=True)
    odds = np.exp(joined)
    return np.asarray(odds / odds.sum(axis=0, keepdims=True), dtype=np.float32)


def label_map_from_logits(logits: FloatArray, object_ids: Sequence[int]) -> LabelMap:
    """The most probable id at each pixel, (h, w) int32; 0 is the background.

    The same as the argmax of ``aggregate_logits``, which is only computed where it is in doubt.  Let z be the highest
    of N logits at a pixel.  Where z > 0 the background's logit is at most -z and loses.  Where z <= -log N it wins:
    with p <= 1 / (N + 1) for each object, prod(1 - p_k) >= (1 - p)^N and 1 - prod(1 - p_k) <= N p, and
    N p^2 <= (1 - p)^(N + 1).

    Args:
        logits: (N, h, w) per-object logits, before aggregation.
        object_ids: the id of each channel.
    """
    ids = np.array([0, *object_ids], dtype=np.int32)
    labels = np.zeros(logits.shape[1:], dtype=np.int32)
    if len(logits) == 0:
        return labels
    highest = logits[0].copy()
    labels[:] = ids[1]
    for channel, object_id in zip(logits[1:], ids[2:], strict=True):
        np.copyto(labels, object_id, where=channel > highest)
        np.maximum(highest, channel, out=highest)
    labels[highest <= 0] = 0
    in_doubt = (highest <= 0) & (highest > -np.log(len(logits)))
    labels[in_doubt] = ids[aggregate_logits(logits[:, in_doubt]).argmax(axis=0)]
    return labels
