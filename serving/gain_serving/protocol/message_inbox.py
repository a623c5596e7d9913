"""The one message of a gRPC call: bounded in time, and in what all of them hold together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from gain_serving.errors import BadRequestError, BusyError, DeadlineError
from gain_serving.protocol.body import HELD_BODIES


class MessageInbox:
    """Reads messages, few at a time.

    How much of a message has come, gRPC tells nobody before it is whole: each that is being read
    may take the largest size. A call whose turn has not come holds no more than the window of its
    stream. A message that has come counts until it is answered.

    Args:
        max_bytes: of one message.
        seconds: for a message's turn to come, and then for it to arrive.
        turns: messages read at a time.
    """

    def __init__(self, max_bytes: int, seconds: float, turns: int = HELD_BODIES) -> None:
        self._most = HELD_BODIES * max_bytes
        self._seconds = seconds
        self._turns = asyncio.Semaphore(turns)
        self._held = 0

    @asynccontextmanager
    async def message(self, context: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
        """Read the message of a call; it counts as held until the block is left.

        Raises:
            BusyError: its turn did not come, or too many are held.
            DeadlineError: it did not arrive in time.
            BadRequestError: there is none.
        """
        raw = await self._read(context)
        self._held += len(raw)
        try:
            if self._held > self._most:
                raise BusyError("too many large requests at once; try again later")
            yield raw
        finally:
            self._held -= len(raw)

    async def _read(self, context: grpc.aio.ServicerContext) -> bytes:
        try:
            async with asyncio.timeout(self._seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise BusyError("too many messages arrive slowly; try again later") from None
        try:
            async with asyncio.timeout(self._seconds):
                raw = await context.read()
        except TimeoutError:
            raise DeadlineError(f"the message did not arrive within {self._seconds:g} s") from None
        finally:
            self._turns.release()
        if raw is grpc.aio.EOF:
            raise BadRequestError("no message came")
        return raw
