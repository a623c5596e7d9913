"""What every gRPC call asks of its context: who calls, and how it is refused."""

from typing import NoReturn

import grpc

from gain_serving.service import Service

_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    404: grpc.StatusCode.NOT_FOUND,
    408: grpc.StatusCode.DEADLINE_EXCEEDED,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
}


def authorise(service: Service, context: grpc.aio.ServicerContext) -> None:
    """Check the token, if one is asked for.

    Raises:
        UnauthorisedError: it is missing or wrong.
    """
    if service.settings.token is None:
        return
    metadata = dict(context.invocation_metadata() or ())
    given = metadata.get("authorization")
    service.authorise(given if isinstance(given, str) else None)


async def refuse(
    service: Service, context: grpc.aio.ServicerContext, call: str, error: BaseException
) -> NoReturn:
    """End a call with what may be told of an error, and count it.

    Raises:
        grpc.aio.AbortError: always; gRPC takes it.
    """
    told = service.count("grpc", call, error)
    await context.abort(_CODES.get(told.status, grpc.StatusCode.INTERNAL), str(told))
