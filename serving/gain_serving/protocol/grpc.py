"""The Open Inference Protocol v2 over gRPC."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf import json_format

from gain_serving.errors import ModelNotFoundError, TooLargeError
from gain_serving.protocol import describe
from gain_serving.protocol.errors import NotSupportedError
from gain_serving.protocol.grpc_context import authorise, refuse
from gain_serving.protocol.grpc_form import (
    SMALL_BYTES,
    read_message,
    read_parameters,
    read_request,
    write_response,
)
from gain_serving.protocol.grpc_stream import STREAM, Streams
from gain_serving.protocol.message_inbox import MessageInbox
from gain_serving.protocol.messages import METHODS, SERVICE, message
from gain_serving.service import Service

Context = grpc.aio.ServicerContext
Call = Callable[[Any], Awaitable[Any]]

_OPEN = frozenset({"ServerLive", "ServerReady"})
_INFER = "ModelInfer"
_SMALL_TURNS = 2


class Grpc(grpc.GenericRpcHandler):
    """The methods of the service.

    Every method but the stream takes one message and is nevertheless registered as taking a stream
    of them: on the wire that is the same, and only so can a message that stops half-way be given
    a deadline.

    Args:
        service: that answers.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._repository = service.repository
        self._max_bytes = service.settings.max_body_bytes
        seconds = service.settings.body_timeout
        self._inbox = MessageInbox(self._max_bytes, seconds)
        # Large messages that arrive slowly must not hold up who asks whether the server lives.
        self._small_inbox = MessageInbox(self._max_bytes, seconds, _SMALL_TURNS)
        self._streams = Streams(service, self._infer)
        self._calls: dict[str, Call] = {
            "ServerLive": self._live,
            "ServerReady": self._ready,
            "ModelReady": self._model_ready,
            "ServerMetadata": self._server,
            "ModelMetadata": self._metadata,
            "ModelConfig": self._config,
            "ModelStatistics": self._statistics,
            "RepositoryIndex": self._index,
            "RepositoryModelLoad": self._load,
            "RepositoryModelUnload": self._unload,
        }
        self._handlers = {f"/{SERVICE}/{name}": self._handler(name) for name in METHODS}

    def stop_streams(self) -> None:
        """End the streams that wait for their client's next request."""
        self._streams.stop()

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler | None:
        """Return what answers a method; None for one that there is not."""
        return self._handlers.get(handler_call_details.method)

    def _handler(self, name: str) -> grpc.RpcMethodHandler:
        if name == STREAM:
            return grpc.stream_stream_rpc_method_handler(self._streams.serve)

        async def behaviour(_requests: AsyncIterator[bytes], context: Context) -> bytes:
            return await self._answer(name, context)

        return grpc.stream_unary_rpc_method_handler(behaviour)

    async def _answer(self, name: str, context: Context) -> bytes:
        inbox = self._inbox if name == _INFER else self._small_inbox
        try:
            if name not in _OPEN:
                authorise(self._service, context)
            async with inbox.message(context) as raw:
                answer = await self._called(name, raw)
        except Exception as error:
            await refuse(self._service, context, name, error)
        self._service.count("grpc", name)
        return answer.SerializeToString()

    async def _called(self, name: str, raw: bytes) -> Any:
        if name == _INFER:
            return await self._infer(raw)
        if name not in self._calls:
            raise NotSupportedError("not supported: shared memory, trace and log settings")
        if len(raw) > SMALL_BYTES:
            raise TooLargeError(f"a {name} request has at most {SMALL_BYTES} bytes")
        return await self._calls[name](read_message(METHODS[name].input_type.name, raw))

    async def _infer(self, raw: bytes) -> Any:
        return await self._service.infer(
            lambda: read_request(raw, max_tensor_bytes=self._max_bytes),
            lambda request, response: write_response(response, request),
        )

    async def _live(self, _request: Any) -> Any:
        return message("ServerLiveResponse")(live=True)

    async def _ready(self, _request: Any) -> Any:
        return message("ServerReadyResponse")(ready=self._service.ready)

    async def _model_ready(self, request: Any) -> Any:
        try:
            ready = self._service.is_ready(request.name, request.version)
        except ModelNotFoundError:
            ready = False
        return message("ModelReadyResponse")(ready=ready)

    async def _server(self, _request: Any) -> Any:
        return message("ServerMetadataResponse")(**describe.server_metadata())

    async def _metadata(self, request: Any) -> Any:
        told = describe.model_metadata(self._repository, request.name, request.version)
        return json_format.ParseDict(told, message("ModelMetadataResponse")())

    async def _config(self, request: Any) -> Any:
        told = describe.model_config(self._repository, request.name, request.version)
        return json_format.ParseDict({"config": told}, message("ModelConfigResponse")())

    async def _statistics(self, request: Any) -> Any:
        told = describe.model_statistics(
            self._repository, self._service.accounts.statistics, request.name, request.version
        )
        return json_format.ParseDict(told, message("ModelStatisticsResponse")())

    async def _index(self, request: Any) -> Any:
        rows = describe.repository_index(self._repository, ready=request.ready)
        return message("RepositoryIndexResponse")(models=rows)

    async def _load(self, request: Any) -> Any:
        await self._service.load(request.model_name, read_parameters(request.parameters))
        return message("RepositoryModelLoadResponse")()

    async def _unload(self, request: Any) -> Any:
        await self._service.unload(request.model_name)
        return message("RepositoryModelUnloadResponse")()
