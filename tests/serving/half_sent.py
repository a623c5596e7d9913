"""gRPC messages that stop half-way: a relay passes on so many bytes of a connection and no more."""

import contextlib
import socket
import threading

import grpc

_PIECE = 1 << 16
_SECONDS = 60
_SERVICE = "/inference.GRPCInferenceService/"


@contextlib.contextmanager
def relay(port, limit):
    """Listen for connections to a port of this machine.

    Args:
        port: that they are meant for.
        limit: bytes that are passed on to it from each connection; all that it answers comes back.

    Yields:
        The address to connect to.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        ends = []

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    near = listener.accept()[0]
                    far = socket.create_connection(("127.0.0.1", port))
                    ends.extend([near, far])
                    _start(_pass_on, near, far, limit)
                    _start(_pass_on, far, near, None)

        _start(accept)
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            # What blocks in another thread is woken by this, not by close alone.
            listener.shutdown(socket.SHUT_RDWR)
            for end in ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()


class HalfSent:
    """Calls whose message never comes to its end, each on a connection of its own.

    Args:
        address: of a relay.
        method: such as ModelInfer.
        raw: the message.
        count: of calls.
    """

    def __init__(self, address, method, raw, count):
        self._end = threading.Event()
        self._channels = [own_channel(address) for _ in range(count)]
        self._calls = [begin(channel, method, raw, self._end) for channel in self._channels]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.set()
        for call in self._calls:
            call.cancel()
        for channel in self._channels:
            channel.close()

    def ended(self):
        """How many the server has ended."""
        return sum(call.done() for call in self._calls)

    def outcomes(self):
        """Code and details of every call, waited for."""
        return [(call.code(), call.details()) for call in self._calls]


def own_channel(address):
    """A channel that shares its connection with no other, for messages of any size."""
    return grpc.insecure_channel(
        address, [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
    )


def begin(channel, method, raw, end):
    """Begin a call; after its one message the client waits for the event `end`."""

    def messages():
        yield raw
        end.wait(_SECONDS)

    # Every method is one of streams on the wire; so a call need not be whole to be begun.
    return channel.stream_stream(_SERVICE + method)(messages(), timeout=_SECONDS)


def _pass_on(source, target, limit):
    passed = 0
    with contextlib.suppress(OSError):
        while limit is None or passed < limit:
            piece = source.recv(_PIECE if limit is None else min(_PIECE, limit - passed))
            if not piece:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(piece)
            passed += len(piece)


def _start(target, *args):
    threading.Thread(target=target, args=args, daemon=True).start()
