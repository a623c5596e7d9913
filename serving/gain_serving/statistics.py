"""What the protocol's statistics call reports, counted for each version of each model."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STAGES = ("queue", "compute_input", "compute_infer", "compute_output")
"""Of a request; the last three are told for each batch size too."""


_LATENCIES = 1000


@dataclass
class _Duration:
    count: int = 0
    ns: int = 0

    def add(self, ns: int) -> None:
        self.count += 1
        self.ns += ns

    def row(self) -> dict[str, int]:
        return {"count": self.count, "ns": self.ns}


def _durations() -> defaultdict[str, _Duration]:
    return defaultdict(_Duration)


@dataclass
class _Counts:
    last_inference: int = 0
    latencies: deque[int] = field(default_factory=lambda: deque(maxlen=_LATENCIES))
    images: int = 0
    requests: int = 0
    stages: defaultdict[str, _Duration] = field(default_factory=_durations)
    batches: defaultdict[int, defaultdict[str, _Duration]] = field(
        default_factory=lambda: defaultdict(_durations)
    )


class Statistics:
    """Counts since the start of the server; every method may be called from several threads."""

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[str, str], _Counts] = defaultdict(_Counts)
        self._lock = threading.Lock()

    def succeeded(self, model: str, version: str, batch: int, ns: Mapping[str, int]) -> None:
        """Count a request that was answered.

        Args:
            model: that answered.
            version: of it.
            batch: images in the request.
            ns: stage, see `STAGES`, -> nanoseconds.
        """
        with self._lock:
            counts = self._counts[model, version]
            counts.last_inference = time.time_ns() // 1_000_000
            counts.images += batch
            counts.requests += 1
            total = sum(ns.values())
            counts.latencies.append(total)
            counts.stages["success"].add(total)
            for stage in STAGES:
                counts.stages[stage].add(ns[stage])
            for stage in STAGES[1:]:
                counts.batches[batch][stage].add(ns[stage])

    def failed(self, model: str, version: str, ns: int) -> None:
        """Count a request that failed.

        Args:
            model: that was asked.
            version: of it.
            ns: nanoseconds until it failed.
        """
        with self._lock:
            self._counts[model, version].stages["fail"].add(ns)

    def latencies(self, model: str, version: str) -> list[int]:
        """Return the nanoseconds of the last 1000 requests of a version, sorted."""
        with self._lock:
            counts = self._counts.get((model, version), _Counts())
            return sorted(counts.latencies)

    def row(self, model: str, version: str) -> dict[str, Any]:
        """Return the counts of a version, in the protocol's form."""
        with self._lock:
            counts = self._counts.get((model, version), _Counts())
            names = ("success", "fail", *STAGES, "cache_hit", "cache_miss")
            return {
                "name": model,
                "version": version,
                "last_inference": counts.last_inference,
                "inference_count": counts.images,
                "execution_count": counts.requests,
                "inference_stats": {
                    name: counts.stages.get(name, _Duration()).row() for name in names
                },
                "batch_stats": [
                    {"batch_size": size, **{stage: spent[stage].row() for stage in STAGES[1:]}}
                    for size, spent in sorted(counts.batches.items())
                ],
            }
