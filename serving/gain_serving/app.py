"""The server's life: up, ready, told to stop, done with what was under way."""

import asyncio
import logging
import os
import resource
import signal
import socket
from contextlib import nullcontext

import grpc
import uvloop
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.server.embed import Server

from gain_serving.assembly import open_audit, open_service
from gain_serving.errors import ServingError, UserError
from gain_serving.logs import log_as_json
from gain_serving.protocol.grpc import Grpc
from gain_serving.service import Service
from gain_serving.settings import Settings, split_address
from gain_serving.web import web_app

_log = logging.getLogger(__name__)

_HEADROOM = 1 << 16
"""Bytes of a message besides its tensors."""

_KEEP_ALIVE = 60_000
_STREAMS = 128
_WINDOW = 1 << 16


def serve(settings: Settings) -> None:
    """Serve a repository until told to stop by SIGTERM or SIGINT.

    Args:
        settings: all of them; `repository` must be set.

    Raises:
        UserError: the folder is none, an address is taken, or a certificate cannot be read.
        ServingError: a server ended without having been told to.
    """
    log_as_json(settings.log_level)
    _allow_files()
    audit = open_audit(settings)
    with audit or nullcontext():
        service = open_service(settings, audit)
        if not uvloop.run(_serve(service)):
            # What still runs after the deadline would keep the process for as long as it likes.
            logging.shutdown()
            os._exit(0)


async def _serve(service: Service) -> bool:
    settings = service.settings
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    methods = Grpc(service)
    messages = _grpc_server(settings, methods)
    web = _http_server(settings, service)
    await messages.start()
    serving = asyncio.create_task(web.serve())
    service.repository.start()
    _log.info("listening", extra={"http": settings.http, "grpc": settings.grpc})
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await messages.stop(None)
        raise ServingError("the HTTP server ended by itself") from serving.exception()
    service.draining = True
    service.repository.stop()
    methods.stop_streams()
    _log.info("stopping", extra={"waiting": service.pending})
    web.stop()
    stopping = asyncio.create_task(messages.stop(settings.drain_timeout))
    # gRPC keeps to the deadline itself and then cancels; it is given the moment that this takes.
    _, late = await asyncio.wait({serving, stopping}, timeout=settings.drain_timeout + 1)
    service.close()
    _log.info("stopped", extra={"unfinished": service.pending})
    return not late and service.pending == 0


def _allow_files() -> None:
    """Take as many open files as the system gives: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _http_server(settings: Settings, service: Service) -> Server:
    host, port = split_address(settings.http)
    _try_address(host, port)
    return Server(
        web_app(service),
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backpressure=settings.max_connections,
        http1_settings=HTTP1Settings(header_read_timeout=int(1000 * settings.header_timeout)),
        log_enabled=False,
        ssl_cert=settings.tls_certificate,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
    )


def _try_address(host: str, port: int) -> None:
    """Find out whether an address is free: Granian would share one that is taken."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen()
    except OSError as error:
        raise UserError(f"HTTP cannot listen at {host}:{port}: {error.strerror}") from error


def _grpc_server(settings: Settings, methods: Grpc) -> grpc.aio.Server:
    options = [
        ("grpc.max_receive_message_length", settings.max_body_bytes + _HEADROOM),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", _STREAMS),
        # What a call that is not being read holds: as estimated by probes it grows to megabytes.
        ("grpc.http2.bdp_probe", 0),
        ("grpc.http2.lookahead_bytes", _WINDOW),
        # Counted from the first byte on, so half-open ones too; one more is closed at once.
        ("grpc.max_allowed_incoming_connections", settings.max_connections),
        ("grpc.server_handshake_timeout_ms", int(1000 * settings.header_timeout)),
        ("grpc.keepalive_time_ms", _KEEP_ALIVE),
        # Or a second server on the same port would silently get half of the requests.
        ("grpc.so_reuseport", 0),
    ]
    server = grpc.aio.server(
        handlers=[methods], options=options, maximum_concurrent_rpcs=settings.max_connections
    )
    try:
        if settings.tls_certificate is None or settings.tls_key is None:
            server.add_insecure_port(settings.grpc)
        else:
            pair = (settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes())
            server.add_secure_port(settings.grpc, grpc.ssl_server_credentials([pair]))
    except (OSError, RuntimeError) as error:
        raise UserError(f"gRPC cannot listen at {settings.grpc}: {error}") from error
    return server
