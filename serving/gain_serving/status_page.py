"""The page at `/`: what a person wants to know of the server."""

import time
from datetime import timedelta
from typing import Any

import jinja2

import gain_serving
from gain_serving.recent import Seen
from gain_serving.service import Service
from gain_serving.slots import LOADING, READY, IndexRow

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
"""Of the page: it loads nothing from elsewhere, and runs nothing."""

_COLOURS = {READY: "good", LOADING: "wait"}
_DIGITS = 12


class StatusPage:
    """Renders the page.

    Args:
        service: that it tells of.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._started = time.monotonic()
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("gain_serving"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("status.html")

    def render(self) -> str:
        """Return the page as HTML."""
        service = self._service
        state = "stopping" if service.draining else "ready" if service.ready else "starting"
        return self._template.render(
            state=state,
            version=gain_serving.__version__,
            uptime=str(timedelta(seconds=int(time.monotonic() - self._started))),
            waiting=service.pending,
            models=[self._model(row) for row in service.repository.index()],
            decisions=[_decision(seen) for seen in service.accounts.recent.newest_first()],
        )

    def _model(self, row: IndexRow) -> dict[str, Any]:
        counts = self._service.accounts.statistics.row(row.name, row.version)
        latencies = self._service.accounts.statistics.latencies(row.name, row.version)
        serving = {one.version: one for one in self._service.repository.serving(row.name)}
        runtime = serving.get(row.version)
        return {
            "name": row.name,
            "version": row.version,
            "state": row.state,
            "reason": row.reason,
            "colour": _COLOURS.get(row.state, "bad"),
            "images": counts["inference_count"],
            "requests": counts["execution_count"],
            "failed": counts["inference_stats"]["fail"]["count"],
            "median": _milliseconds(latencies, 0.5),
            "slowest": _milliseconds(latencies, 0.99),
            "sha256": runtime.sha256[:_DIGITS] if runtime else "",
        }


def _decision(seen: Seen) -> dict[str, Any]:
    decision = seen.decision
    best = max(decision.scores, key=decision.scores.__getitem__)
    return {
        "number": seen.number,
        "picture": len(seen.image) > 0,
        "accepted": decision.accepted,
        "verdict": decision.verdict,
        "best": best,
        "score": f"{decision.scores[best]:.3f}",
        "model": decision.model,
        "version": decision.version,
        "time": seen.time.strftime("%Y-%m-%d %H:%M:%S"),
        "spent": f"{1000 * seen.seconds:.1f} ms",
    }


def _milliseconds(latencies: list[int], share: float) -> str:
    if not latencies:
        return ""
    place = min(len(latencies) - 1, int(share * len(latencies)))
    return f"{latencies[place] / 1e6:.1f} ms"
