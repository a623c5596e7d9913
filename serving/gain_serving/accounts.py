"""What is kept of the requests that were answered: metrics, statistics, the last decisions."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gain_serving.metrics import Metrics
from gain_serving.protocol.inference import Judged
from gain_serving.recent import Recent
from gain_serving.runtime import Runtime
from gain_serving.slots import IndexRow
from gain_serving.statistics import Statistics


@dataclass
class Clock:
    """Nanoseconds between the marks of one request, in order."""

    start: int = field(default_factory=time.perf_counter_ns)
    last: int = 0
    ns: dict[str, int] = field(default_factory=dict)

    def mark(self, stage: str) -> None:
        """End a stage; the next begins."""
        now = time.perf_counter_ns()
        self.ns[stage] = now - (self.last or self.start)
        self.last = now


class Accounts:
    """Keeps the three together.

    Args:
        index: of the repository.
        waiting: requests in the queue or being judged.
    """

    def __init__(self, index: Callable[[], Iterable[IndexRow]], waiting: Callable[[], int]) -> None:
        self.metrics = Metrics(index, waiting)
        self.statistics = Statistics()
        self.recent = Recent()

    def failed(self, runtime: Runtime, clock: Clock) -> None:
        """Count a request that a model could not answer."""
        elapsed = time.perf_counter_ns() - clock.start
        self.statistics.failed(runtime.name, runtime.version, elapsed)

    def judged(self, runtime: Runtime, judged: Judged, clock: Clock) -> None:
        """Count a request that was answered.

        Args:
            runtime: that answered.
            judged: the decisions.
            clock: marked `queue`, `read`, `judge`, `audit` and `write`.
        """
        name, version, decisions = runtime.name, runtime.version, judged.decisions
        ns = dict(clock.ns)
        for stage in ("decode", "inference", "postprocess"):
            spent = sum(getattr(decision.timings, stage) for decision in decisions)
            ns[stage] = int(1e9 * spent)
        total = clock.last - clock.start
        rejected = sum(not decision.accepted for decision in decisions)
        self.metrics.judged(name, version, {**ns, "total": total}, len(decisions), rejected)
        outside = ns["judge"] - ns["decode"] - ns["inference"]
        durations = {
            "queue": ns["queue"],
            "compute_input": ns["read"] + ns["decode"],
            "compute_infer": ns["inference"],
            "compute_output": max(0, outside) + ns["audit"] + ns["write"],
        }
        self.statistics.succeeded(name, version, len(decisions), durations)
        self.recent.add(judged.images, decisions, total / 1e9)
