"""The same server in replicas on one or several machines: a Ray Serve application.

Ray's proxy has the connections; behind it every replica is a whole server of its own.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gain_serving.settings import Settings, load_settings

if TYPE_CHECKING:
    from ray.serve import Application
    from starlette.types import ASGIApp


def application(arguments: Mapping[str, Any]) -> "Application":
    """Build the application; Ray calls this with the arguments of `serve run` or its config file.

    Args:
        arguments: settings by name, such as `repository` and `replicas`; what is missing comes from
            the config file and the environment, as for `gain-serve`.

    Returns:
        One deployment, `gain`.

    Raises:
        UserError: a setting does not exist or is wrong; names all.
    """
    # Only the extra `ray` brings it.
    from ray import serve

    settings = load_settings(arguments, None)

    def build() -> "ASGIApp":
        return _replica(settings)

    deployment = serve.deployment(
        serve.ingress(build)(),
        name="gain",
        num_replicas=settings.replicas,
        # A replica then never has more than it would refuse; what is over waits in the proxy.
        max_ongoing_requests=settings.max_queue,
        max_queued_requests=settings.max_queue,
        graceful_shutdown_timeout_s=settings.drain_timeout,
    )
    return deployment.bind()


def _replica(settings: Settings) -> "ASGIApp":
    """Start a replica: it gets requests only after this has returned, all models tried and warm."""
    # The decoder reads its limit when it is loaded, and what follows loads it.
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(settings.max_pixels)
    from gain_serving.assembly import open_audit, open_service
    from gain_serving.web import web_app

    service = open_service(settings, open_audit(settings))
    service.repository.start()
    service.repository.loaded.wait()
    return web_app(service)
