"""HTTP by hand: what no client library would send."""

import contextlib
import http.client
import socket

HEAD = "POST /v2/models/tiny/infer HTTP/1.1\r\nHost: x\r\n"


@contextlib.contextmanager
def connected(port, seconds=10):
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        yield connection


@contextlib.contextmanager
def all_connected(port, count):
    """So many connections at once."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(connected(port)) for _ in range(count)]


def read_answer(connection):
    """Status and body of an answer."""
    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        return response.status, response.read()
    finally:
        response.close()


def is_closed(connection):
    """Whether the other side closes, after whatever it has to say."""
    try:
        while connection.recv(1000):
            pass
        return True
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
