"""The server without its transports: who may judge when, and what is counted."""

import logging
import threading
from asyncio import get_running_loop, to_thread, wrap_future
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from gain_serving.access import check_token
from gain_serving.accounts import Accounts, Clock
from gain_serving.audit import AuditLog
from gain_serving.errors import (
    BadRequestError,
    BusyError,
    ModelUnavailableError,
    ServingError,
)
from gain_serving.metrics import OK
from gain_serving.postprocess import DenseCrf
from gain_serving.protocol.inference import answer
from gain_serving.protocol.request import InferRequest, InferResponse
from gain_serving.repository import Repository
from gain_serving.settings import Settings

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class Service:
    """What REST and gRPC share.

    Args:
        settings: limits and token.
        repository: of the models.
        audit: gets every decision before it is answered; if it fails, so does the request.
        workers: requests judged at a time.
        crf: of the repository's models, closed with the service; None where there is none.
    """

    def __init__(
        self,
        settings: Settings,
        repository: Repository,
        *,
        audit: AuditLog | None = None,
        workers: int = 2,
        crf: DenseCrf | None = None,
    ) -> None:
        self.settings = settings
        self.repository = repository
        self.accounts = Accounts(repository.index, lambda: self._pending)
        self.draining = False
        self._audit = audit
        self._crf = crf
        self._always_draw = settings.audit_overlays is not None
        self._pool = ThreadPoolExecutor(workers, "judge")
        self._pending = 0
        self._counting = threading.Lock()

    @property
    def pending(self) -> int:
        """Requests waiting or being judged."""
        return self._pending

    @property
    def ready(self) -> bool:
        """Every model has been tried, those that serve are warm, and nobody said stop."""
        return self.repository.loaded.is_set() and not self.draining

    def is_ready(self, model: str, version: str) -> bool:
        """Tell whether a model serves.

        Raises:
            ModelNotFoundError: there is no such model or version.
        """
        try:
            self.repository.get(model, version)
        except ModelUnavailableError:
            return False
        return self.ready

    def authorise(self, header: str | None) -> None:
        """Check what came as `Authorization`, if a token is asked for.

        Raises:
            UnauthorisedError: it is missing or wrong.
        """
        if self.settings.token is not None:
            check_token(header, self.settings.token.get_secret_value())

    def count(self, transport: str, call: str, error: BaseException | None = None) -> ServingError:
        """Count and log how a request ended.

        Args:
            transport: `http` or `grpc`.
            call: which of the protocol's.
            error: what went wrong; None if nothing did.

        Returns:
            What may be told of the error: nothing of the inside.
        """
        told = error if isinstance(error, ServingError) else ServingError("internal error")
        outcome = OK if error is None else told.kind
        self.accounts.metrics.answered(transport, call, outcome)
        if error is None:
            _log.debug("answered", extra={"transport": transport, "call": call})
        elif isinstance(error, ServingError):
            extra = {"transport": transport, "call": call, "kind": outcome, "reason": str(error)}
            _log.info("refused", extra=extra)
        else:
            extra = {"transport": transport, "call": call}
            _log.error("a request failed", exc_info=error, extra=extra)
        return told

    async def infer(
        self,
        read: Callable[[], InferRequest],
        write: Callable[[InferRequest, InferResponse], Answer],
    ) -> Answer:
        """Judge the images of a request, off the event loop.

        Args:
            read: makes the request of what came.
            write: makes what goes of the answer.

        Returns:
            What `write` made.

        Raises:
            ServingError: whatever is wrong with the request or the model.
        """
        with self._counting:
            if self._pending >= self.settings.max_queue:
                raise BusyError(f"{self._pending} requests are waiting already; try again later")
            self._pending += 1
        clock = Clock()
        future = self._pool.submit(self._work, read, write, clock)
        future.add_done_callback(self._left)
        written, keep_account = await wrap_future(future)
        # The answer leaves first; then the loop finds time for the accounts.
        get_running_loop().call_soon(keep_account)
        return written

    async def load(self, model: str, parameters: object) -> None:
        """Load a model anew from its folder.

        Args:
            model: name.
            parameters: of the request; there are none that this server knows.

        Raises:
            ModelNotFoundError: there is no such folder.
            BadModelError: none of its versions can serve.
            BadRequestError: a parameter was given.
        """
        if parameters:
            raise BadRequestError(
                "load takes no parameters: a model is loaded as its folder has it, nothing else"
            )
        await to_thread(self.repository.load, model)

    async def unload(self, model: str) -> None:
        """Take a model out of service.

        Raises:
            ModelNotFoundError: there is no such model.
        """
        await to_thread(self.repository.unload, model)

    def close(self) -> None:
        """Judge nothing more that has not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._crf is not None:
            self._crf.close()

    def _left(self, _future: object) -> None:
        with self._counting:
            self._pending -= 1

    def _work(
        self,
        read: Callable[[], InferRequest],
        write: Callable[[InferRequest, InferResponse], Answer],
        clock: Clock,
    ) -> tuple[Answer, Callable[[], None]]:
        clock.mark("queue")
        request = read()
        clock.mark("read")
        # Everything in the answer comes from this one, whatever is loaded meanwhile.
        runtime = self.repository.get(request.model, request.version)
        try:
            judged = answer(
                request,
                runtime,
                max_batch=self.settings.max_batch,
                max_request_pixels=self.settings.most_pixels,
                draw=self._always_draw,
            )
            clock.mark("judge")
            if self._audit is not None:
                for image, decision in zip(judged.images, judged.decisions, strict=True):
                    self._audit.write(decision, image)
            clock.mark("audit")
            written = write(request, judged.response)
            clock.mark("write")
        except BaseException:
            self.accounts.failed(runtime, clock)
            raise
        return written, partial(self.accounts.judged, runtime, judged, clock)
