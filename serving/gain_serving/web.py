"""Everything the server says over HTTP: the protocol, metrics, the page for a person."""

from asyncio import to_thread

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gain_serving.errors import BadRequestError
from gain_serving.metrics import CONTENT_TYPE
from gain_serving.protocol.body import Lingering
from gain_serving.protocol.rest import Rest
from gain_serving.service import Service
from gain_serving.status_page import HEADERS, StatusPage


class PictureGoneError(BadRequestError):
    """The decision is not kept any more."""

    status = 404
    kind = "picture_gone"


def web_app(service: Service) -> ASGIApp:
    """Put the HTTP side together.

    Args:
        service: that answers.

    Returns:
        An ASGI application.
    """
    rest = Rest(service)
    page = StatusPage(service)

    async def status(_request: Request) -> Response:
        return HTMLResponse(page.render(), headers=HEADERS)

    async def metrics(_request: Request) -> Response:
        return Response(service.accounts.metrics.page(), headers={"Content-Type": CONTENT_TYPE})

    async def picture(request: Request) -> Response:
        png = await to_thread(service.accounts.recent.picture, request.path_params["number"])
        if png is None:
            raise PictureGoneError("there is no picture of this decision, or not any more")
        return Response(png, media_type="image/png", headers=HEADERS)

    routes = [
        *rest.routes(),
        Route("/", rest.counted(status, "status_page")),
        Route("/metrics", rest.counted(metrics, "metrics")),
        Route("/decisions/{number:int}.png", rest.counted(picture, "picture")),
    ]

    async def refuse(_request: Request, error: Exception) -> Response:
        status_code = error.status_code if isinstance(error, HTTPException) else 500
        reason = error.detail if isinstance(error, HTTPException) else "internal error"
        service.accounts.metrics.answered("http", "unknown", f"http_{status_code}")
        return JSONResponse({"error": reason}, status_code)

    application = Starlette(routes=routes, exception_handlers={HTTPException: refuse})
    application.router.redirect_slashes = False
    return Lingering(application)
