"""What the server counts and times, for Prometheus."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gain_serving.slots import READY, IndexRow

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OK = "ok"
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_VERSION = ("model", "version")


class Metrics:
    """Counters and histograms of one server.

    Labels hold only names that the server itself gave: what a client sends is never one, or it
    could fill the memory.

    Args:
        index: of the repository.
        waiting: requests in the queue or being judged.
    """

    def __init__(self, index: Callable[[], Iterable[IndexRow]], waiting: Callable[[], int]) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        registry.register(_Models(index))
        requests = Counter(
            "gain_requests_total",
            "Requests answered; outcome is ok or the kind of error.",
            ("transport", "call", "outcome"),
            registry=registry,
        )
        errors = Counter(
            "gain_errors_total", "Requests refused or failed.", ("kind",), registry=registry
        )
        stages = Histogram(
            "gain_stage_seconds",
            "Time of an inference request by stage; total is from its arrival to its answer.",
            (*_VERSION, "stage"),
            buckets=_SECONDS,
            registry=registry,
        )
        images = Counter("gain_images_total", "Images judged.", _VERSION, registry=registry)
        rejected = Counter(
            "gain_rejected_images_total",
            "Images that the model was not sure enough about.",
            _VERSION,
            registry=registry,
        )
        # Finding a series by its labels takes longer than counting in it.
        self._requests, self._errors = cache(requests.labels), cache(errors.labels)
        self._stage = cache(stages.labels)
        self._images, self._rejected = cache(images.labels), cache(rejected.labels)
        Gauge(
            "gain_queue_requests", "Inference requests waiting or being judged.", registry=registry
        ).set_function(waiting)

    def answered(self, transport: str, call: str, outcome: str = OK) -> None:
        """Count a request.

        Args:
            transport: `http` or `grpc`.
            call: which of the protocol's.
            outcome: `OK`, or the kind of the error.
        """
        self._requests(transport, call, outcome).inc()
        if outcome != OK:
            self._errors(outcome).inc()

    def judged(
        self, model: str, version: str, ns: Mapping[str, int], images: int, rejected: int
    ) -> None:
        """Count an inference.

        Args:
            model: that judged.
            version: of it.
            ns: stage -> nanoseconds.
            images: how many.
            rejected: how many of them.
        """
        for stage, spent in ns.items():
            self._stage(model, version, stage).observe(spent / 1e9)
        self._images(model, version).inc(images)
        self._rejected(model, version).inc(rejected)

    def page(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self._registry)


class _Models(Collector):
    """Which versions serve, read from the repository when asked."""

    def __init__(self, index: Callable[[], Iterable[IndexRow]]) -> None:
        self._index = index

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "gain_model_ready", "1 where a version of a model serves.", labels=_VERSION
        )
        for row in self._index():
            family.add_metric((row.name, row.version), float(row.state == READY))
        yield family
