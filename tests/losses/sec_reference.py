"""SEC's losses in NumPy, in float64, cell by cell: what the library is held against.

Written from Kolesnikov and Lampert, "Seed, Expand and Constrain", 2016; nothing of gain_tf is used.
"""

import numpy as np
from reference import softmax


def lifted(logits):
    p = softmax(logits) + 1e-4
    return p / p.sum(axis=-1, keepdims=True)


def pooled(values, decay):
    """Global weighted rank pooling of one map."""
    ranked = sorted(np.ravel(values), reverse=True)
    weights = [decay**rank for rank in range(len(ranked))]
    return sum(w * v for w, v in zip(weights, ranked, strict=True)) / sum(weights)


def seed(logits, cues):
    values = []
    for p, cue in zip(lifted(logits), cues, strict=True):
        cells = np.argwhere(cue)
        values.append(-np.mean([np.log(p[tuple(at)]) for at in cells]) if len(cells) else 0.0)
    return np.mean(values)


def expand(logits, labels):
    values = []
    for p, own in zip(lifted(logits), labels, strict=True):
        present = [-np.log(pooled(p[..., c + 1], 0.996)) for c in np.flatnonzero(own)]
        absent = [-np.log(1 - p[..., c + 1].max()) for c in np.flatnonzero(1 - own)]
        value = -np.log(pooled(p[..., 0], 0.999))
        value += np.mean(present) if present else 0.0
        values.append(value + (np.mean(absent) if absent else 0.0))
    return np.mean(values)


def constrain(logits, posterior):
    p, q = lifted(logits), np.maximum(posterior, 1e-4)
    q = q / q.sum(axis=-1, keepdims=True)
    cells = [(q[at] * np.log(q[at] / p[at])).sum() for at in np.ndindex(q.shape[:3])]
    return np.mean(cells)


def cross_entropy(logits, targets):
    p = softmax(logits)
    known = [at for at in np.ndindex(targets.shape) if targets[at] != 255]
    return -np.mean([np.log(p[at][targets[at]]) for at in known]) if known else 0.0
