"""The body of an HTTP request: bounded in bytes and time, inflated where it was deflated."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gain_serving.errors import BadRequestError, BusyError, DeadlineError, TooLargeError

HELD_BODIES = 8
"""So many bodies of the largest size fit into memory together."""

_WINDOW = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
_FIRST_ERROR = 400
_LINGER_SECONDS = 5.0
_LINGER_BYTES = 1 << 28


class Inbox:
    """Reads bodies, and knows how much of them is in memory.

    Args:
        max_bytes: of one body.
        seconds: for one body to arrive.
    """

    def __init__(self, max_bytes: int, seconds: float) -> None:
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._held = 0

    @asynccontextmanager
    async def body(self, request: Request) -> AsyncIterator[bytes]:
        """Read a body; it counts as held until the block is left.

        Raises:
            TooLargeError: it is, or says it is; then nothing of it has been read.
            BusyError: too many bodies are held.
            DeadlineError: it did not arrive in time.
            BadRequestError: it broke off.
        """
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._max_bytes:
            raise self._too_large()
        parts: list[bytes] = []
        size = 0
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    async for part in request.stream():
                        size += len(part)
                        self._held += len(part)
                        if size > self._max_bytes:
                            raise self._too_large()
                        if self._held > HELD_BODIES * self._max_bytes:
                            raise BusyError("too many large requests at once; try again later")
                        parts.append(part)
            except TimeoutError:
                raise DeadlineError(f"the body did not arrive within {self._seconds:g} s") from None
            except (BusyError, TooLargeError):
                raise
            except ClientDisconnect:
                raise BadRequestError("the connection broke off") from None
            except Exception as error:
                # What a broken chunk raises is the server library's own.
                raise BadRequestError("the body is malformed or broke off") from error
            yield parts[0] if len(parts) == 1 else b"".join(parts)
        finally:
            self._held -= size

    def _too_large(self) -> TooLargeError:
        return TooLargeError(f"the body has more than the {self._max_bytes} bytes allowed")


def inflate(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """Undo `Content-Encoding`.

    Args:
        body: as it came.
        encoding: the header, "" without one.
        max_bytes: of the result.

    Returns:
        The body as it was meant.

    Raises:
        BadRequestError: the encoding is none of gzip, deflate, identity, or the body not of it.
        TooLargeError: it would become larger than allowed.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return body
    if name not in _WINDOW:
        raise BadRequestError(f"Content-Encoding {encoding[:64]!r} is not gzip or deflate")
    inflater = zlib.decompressobj(_WINDOW[name])
    try:
        plain = inflater.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise BadRequestError(f"the body is no {name}: {error}") from error
    if len(plain) > max_bytes:
        raise TooLargeError(f"the body inflates to more than the {max_bytes} bytes allowed")
    if not inflater.eof or inflater.unused_data:
        raise BadRequestError(f"the body is no whole {name}")
    return plain


class Lingering:
    """Swallows what is left of a body after the answer to it.

    Who is still sending when the connection is closed sees a broken pipe instead of the answer.

    Args:
        app: to be wrapped.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        left = scope["type"] == "http"
        status = 0

        async def receiving() -> Message:
            nonlocal left
            message = await receive()
            left = message["type"] == "http.request" and message.get("more_body", False)
            return message

        async def sending(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self._app(scope, receiving, sending)
        if not left or status < _FIRST_ERROR or status == DeadlineError.status:
            return
        swallowed = 0
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while left and swallowed < _LINGER_BYTES:
                    swallowed += len((await receiving()).get("body", b""))
        except Exception:
            # The answer is out; that the client left, stalled or broke off is its own affair.
            return
