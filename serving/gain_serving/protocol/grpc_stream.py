"""`ModelStreamInfer`: requests and their answers one after another, in one gRPC call."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from gain_serving.errors import BusyError, DeadlineError, ServingError
from gain_serving.protocol.grpc_context import authorise, refuse
from gain_serving.protocol.messages import message
from gain_serving.service import Service

STREAM = "ModelStreamInfer"


class Streams:
    """The streams that are open.

    A stream that waits for a request is being read, and gRPC does not tell whether half of one has
    come. So few may be open, and each has a deadline for its next request.

    Args:
        service: that answers.
        infer: makes an answer of a message.
    """

    def __init__(self, service: Service, infer: Callable[[bytes], Awaitable[Any]]) -> None:
        self._service = service
        self._infer = infer
        self._most = service.settings.max_streams
        self._seconds = service.settings.stream_timeout
        self._open = 0
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End the streams that wait for their client's next request."""
        self._stopping.set()

    async def serve(
        self, _requests: AsyncIterator[bytes], context: grpc.aio.ServicerContext
    ) -> None:
        """Serve one stream."""
        try:
            authorise(self._service, context)
            if self._open >= self._most:
                raise BusyError(f"{self._most} streams are open already; try again later")
            self._open += 1
            try:
                await self._answer_all(context)
            finally:
                self._open -= 1
        except ServingError as error:
            await refuse(self._service, context, STREAM, error)

    async def _answer_all(self, context: grpc.aio.ServicerContext) -> None:
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            while True:
                raw = await self._next(context, stopping)
                if raw is None:
                    return
                answer = await self._answer(raw)
                await context.write(answer.SerializeToString())
        finally:
            stopping.cancel()

    async def _next(
        self, context: grpc.aio.ServicerContext, stopping: asyncio.Future[Any]
    ) -> bytes | None:
        """Read the next request; None after the last."""
        reading = asyncio.ensure_future(context.read())
        try:
            await asyncio.wait(
                {reading, stopping}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if reading.done():
                return None if reading.result() is grpc.aio.EOF else reading.result()
            if stopping.done():
                return None
            raise DeadlineError(
                f"no whole request came within {self._seconds:g} s; open a new stream for the next"
            )
        finally:
            reading.cancel()

    async def _answer(self, raw: bytes) -> Any:
        try:
            answer = await self._infer(raw)
        except Exception as error:
            told = self._service.count("grpc", STREAM, error)
            return message("ModelStreamInferResponse")(error_message=str(told))
        self._service.count("grpc", STREAM)
        return message("ModelStreamInferResponse")(infer_response=answer)
