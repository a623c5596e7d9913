"""The Open Inference Protocol v2 over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gain_serving.errors import BadRequestError, ServingError
from gain_serving.protocol import describe
from gain_serving.protocol.body import Inbox, inflate
from gain_serving.protocol.errors import NotSupportedError
from gain_serving.protocol.request import InferRequest, InferResponse
from gain_serving.protocol.rest_form import read_parameters, read_request, write_response
from gain_serving.service import Service

Handler = Callable[[Request], Awaitable[Response]]

OPEN = frozenset({"/v2/health/live", "/v2/health/ready"})
"""Paths that need no token: what starts and watches the server has none."""

_SMALL = 1 << 20
"""Bytes of a body that is read on the event loop: a call about the repository."""

_MODEL = "/v2/models/{name}"
_VERSION = _MODEL + "/versions/{version}"
_UNSUPPORTED = (
    "/v2/systemsharedmemory/{rest:path}",
    "/v2/cudasharedmemory/{rest:path}",
    "/v2/trace/setting",
    _MODEL + "/trace/setting",
    "/v2/logging",
)


class Rest:
    """The calls of the protocol, each a route.

    Args:
        service: that answers.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._repository = service.repository
        settings = service.settings
        self._max_bytes = settings.max_body_bytes
        self._inbox = Inbox(settings.max_body_bytes, settings.body_timeout)
        self._small_bytes = min(_SMALL, settings.max_body_bytes)
        self._small_inbox = Inbox(self._small_bytes, settings.body_timeout)

    def routes(self) -> list[Route]:
        """Return the routes, the more special before the more general, the most asked first."""
        get, post = ["GET"], ["POST"]
        both = [*get, *post]
        table: list[tuple[str, Handler, list[str], str]] = [
            (model + "/infer", self._infer, post, "infer") for model in (_MODEL, _VERSION)
        ]
        table += [
            ("/v2/health/live", self._live, get, "live"),
            ("/v2/health/ready", self._ready, get, "ready"),
            ("/v2", self._server, get, "server_metadata"),
            ("/v2/models/stats", self._statistics, get, "statistics"),
            ("/v2/repository/index", self._index, post, "index"),
            ("/v2/repository/models/{name}/load", self._load, post, "load"),
            ("/v2/repository/models/{name}/unload", self._unload, post, "unload"),
        ]
        for model in (_MODEL, _VERSION):
            table += [
                (model, self._metadata, get, "model_metadata"),
                (model + "/ready", self._model_ready, get, "model_ready"),
                (model + "/config", self._config, get, "config"),
                (model + "/stats", self._statistics, get, "statistics"),
            ]
        table += [(path, self._unsupported, both, "unsupported") for path in _UNSUPPORTED]
        return [
            Route(path, self.counted(handler, call), methods=methods)
            for path, handler, methods, call in table
        ]

    def counted(self, handler: Handler, call: str) -> Handler:
        """Wrap a handler: token asked for, errors answered, outcome counted as `call`."""

        async def answer(request: Request) -> Response:
            try:
                if request.scope["path"] not in OPEN:
                    self._service.authorise(request.headers.get("authorization"))
                response = await handler(request)
            except Exception as error:
                return error_response(self._service.count("http", call, error))
            self._service.count("http", call)
            return response

        return answer

    async def _live(self, _request: Request) -> Response:
        return Response()

    async def _ready(self, _request: Request) -> Response:
        return Response(status_code=200 if self._service.ready else 503)

    async def _model_ready(self, request: Request) -> Response:
        ready = self._service.is_ready(*_asked(request))
        return Response(status_code=200 if ready else 503)

    async def _server(self, _request: Request) -> Response:
        return JSONResponse(describe.server_metadata())

    async def _metadata(self, request: Request) -> Response:
        return JSONResponse(describe.model_metadata(self._repository, *_asked(request)))

    async def _config(self, request: Request) -> Response:
        return JSONResponse(describe.model_config(self._repository, *_asked(request)))

    async def _statistics(self, request: Request) -> Response:
        statistics = self._service.accounts.statistics
        return JSONResponse(
            describe.model_statistics(self._repository, statistics, *_asked(request))
        )

    async def _index(self, request: Request) -> Response:
        asked = read_parameters(await self._small(request))
        ready = asked.get("ready", False)
        if not isinstance(ready, bool):
            raise BadRequestError("ready must be true or false")
        return JSONResponse(describe.repository_index(self._repository, ready=ready))

    async def _load(self, request: Request) -> Response:
        parameters = read_parameters(await self._small(request)).get("parameters")
        await self._service.load(request.path_params["name"], parameters or {})
        return Response()

    async def _unload(self, request: Request) -> Response:
        read_parameters(await self._small(request))
        await self._service.unload(request.path_params["name"])
        return Response()

    async def _unsupported(self, _request: Request) -> Response:
        raise NotSupportedError("not supported: shared memory, trace and log settings")

    async def _infer(self, request: Request) -> Response:
        encoding = request.headers.get("content-encoding", "")
        header_length = _header_length(request)
        async with self._inbox.body(request) as body:

            def read() -> InferRequest:
                plain = inflate(body, encoding, self._max_bytes)
                return read_request(
                    *_asked(request), plain, header_length, max_tensor_bytes=self._max_bytes
                )

            def write(_asked: InferRequest, answer: InferResponse) -> Response:
                content, headers = write_response(answer)
                return Response(content, headers=headers)

            return await self._service.infer(read, write)

    async def _small(self, request: Request) -> bytes:
        async with self._small_inbox.body(request) as body:
            encoding = request.headers.get("content-encoding", "")
            return inflate(body, encoding, self._small_bytes)


def error_response(error: ServingError) -> Response:
    """Write an error in the protocol's form."""
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer, Basic realm="gain-serving"'
    if error.status in {429, 503}:
        headers["Retry-After"] = "1"
    if error.status in {401, 408, 413}:
        headers["Connection"] = "close"
    return JSONResponse({"error": str(error)}, error.status, headers)


def _asked(request: Request) -> tuple[str, str]:
    parameters: dict[str, Any] = request.path_params
    return parameters.get("name", ""), parameters.get("version", "")


def _header_length(request: Request) -> int | None:
    text = request.headers.get("inference-header-content-length")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise BadRequestError(f"Inference-Header-Content-Length is no number: {text[:64]!r}")
    return int(text)
