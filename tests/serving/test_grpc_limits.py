"""Messages that do not come to an end: what the server holds of them, and for how long."""

import contextlib
import threading
import time

import grpc
import pytest
from half_sent import HalfSent, begin, own_channel, relay
from server_process import wait_until
from tritonclient.grpc import service_pb2, service_pb2_grpc

LARGE = 1 << 22
SECONDS, STREAM_SECONDS, STREAMS = 2.0, 2.0, 2
MEGABYTE = 1 << 20
RAW = bytes(LARGE)
HALF = LARGE - 20_000


@pytest.fixture(scope="module")
def hasty(start_server, repository):
    """A server that waits for nobody."""
    server = start_server(
        repository,
        max_body_bytes=LARGE,
        body_timeout=SECONDS,
        stream_timeout=STREAM_SECONDS,
        max_streams=STREAMS,
    )
    yield server
    assert_serves(server)
    server.kill()


@pytest.fixture(scope="module")
def patient(start_server, repository):
    """A server that waits for everybody."""
    server = start_server(
        repository, max_body_bytes=LARGE, max_batch=100_000, body_timeout=600, max_queue=1000
    )
    yield server
    assert_serves(server)
    server.kill()


def assert_serves(server):
    with own_channel(server.grpc) as channel:
        assert verdict(stub(channel).ModelInfer(good(), timeout=20)) == b"class 2"


def stub(channel):
    return service_pb2_grpc.GRPCInferenceServiceStub(channel)


def good(count=1, side=2):
    shape = [count, side, side, 3]
    tensor = {"name": "image", "datatype": "UINT8", "shape": shape}
    return service_pb2.ModelInferRequest(
        model_name="tiny",
        inputs=[tensor],
        outputs=[{"name": "verdict"}],
        raw_input_contents=[bytes(count * side * side * 3)],
    )


def verdict(answer):
    # The first element, after the four bytes of its length.
    return answer.raw_output_contents[0][4:11]


def most_memory(server, seconds):
    """Resident bytes of a server at most, within some seconds."""
    end = time.monotonic() + seconds
    most = 0
    while time.monotonic() < end:
        most = max(most, server.memory())
        time.sleep(0.05)
    return most


def test_half_sent_messages_are_held_few_at_a_time(patient):
    """40 of 4 MB each: 8 are read, the others wait unread. Who asks for life is answered."""
    before = patient.memory()
    with (
        relay(patient.grpc_port, HALF) as address,
        HalfSent(address, "ModelInfer", RAW, 40) as half,
        own_channel(patient.grpc) as channel,
    ):
        assert most_memory(patient, 3) - before < 80 * MEGABYTE
        assert half.ended() == 0
        assert stub(channel).ServerLive(service_pb2.ServerLiveRequest(), timeout=5).live


def test_a_call_that_waits_for_its_turn_holds_little(patient):
    """A fast client makes gRPC widen its windows to megabytes a call, read or not."""
    end = threading.Event()
    with (
        own_channel(patient.grpc) as fast,
        relay(patient.grpc_port, 1000) as address,
        contextlib.ExitStack() as at_the_end,
    ):
        at_the_end.callback(end.set)
        for _ in range(20):
            with pytest.raises(grpc.RpcError, match="the message"):
                next(begin(fast, "ModelInfer", RAW, end))
        at_the_end.enter_context(HalfSent(address, "ModelInfer", RAW, 8))
        time.sleep(0.5)
        before = patient.memory()
        waiting = [begin(fast, "ModelInfer", RAW, end) for _ in range(30)]
        assert most_memory(patient, 2) - before < 20 * MEGABYTE
        assert not any(call.done() for call in waiting)
        for call in waiting:
            call.cancel()


def test_messages_that_have_come_are_held_up_to_a_sum(patient):
    """Of 20 that take their time to be judged, 8 of the largest size fit."""
    large = good(4_000, 18)
    with own_channel(patient.grpc) as channel:
        calls = [stub(channel).ModelInfer.future(large) for _ in range(20)]
        outcomes = {(call.code(), call.details()) for call in calls}
    assert outcomes == {
        (grpc.StatusCode.OK, ""),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "too many large requests at once; try again later"),
    }


def test_half_sent_messages_have_a_deadline_and_so_have_those_behind_them(hasty):
    """8 turns, all taken by messages that stop: 8 more get their turn, the others none."""
    with (
        relay(hasty.grpc_port, 1000) as address,
        HalfSent(address, "ModelInfer", RAW, 40) as half,
    ):
        outcomes = set(half.outcomes())
    assert outcomes == {
        (grpc.StatusCode.DEADLINE_EXCEEDED, "the message did not arrive within 2 s"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "too many messages arrive slowly; try again later"),
    }


@pytest.mark.parametrize("limit", [HALF, 1000])
def test_a_half_sent_request_ends_its_stream(hasty, limit):
    with relay(hasty.grpc_port, limit) as address:
        started = time.monotonic()
        with HalfSent(address, "ModelStreamInfer", RAW, STREAMS) as half:
            assert half.outcomes() == STREAMS * [
                (
                    grpc.StatusCode.DEADLINE_EXCEEDED,
                    "no whole request came within 2 s; open a new stream for the next",
                )
            ]
        assert 0.8 * STREAM_SECONDS < time.monotonic() - started < 4 * STREAM_SECONDS


def test_a_stream_too_many_is_refused_until_one_is_ended(hasty):
    with (
        relay(hasty.grpc_port, HALF) as address,
        HalfSent(address, "ModelStreamInfer", RAW, STREAMS) as half,
        own_channel(hasty.grpc) as channel,
    ):
        time.sleep(0.5)
        with pytest.raises(grpc.RpcError) as caught:
            next(stub(channel).ModelStreamInfer(iter([good()])))
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert caught.value.details() == "2 streams are open already; try again later"
        wait_until(lambda: half.ended() == STREAMS, 4 * STREAM_SECONDS)
        answer = next(stub(channel).ModelStreamInfer(iter([good()])))
        assert verdict(answer.infer_response) == b"class 2"


def test_a_stream_that_goes_on_is_not_ended(hasty):
    def requests():
        for _ in range(4):
            time.sleep(0.6 * STREAM_SECONDS)
            yield good()

    with own_channel(hasty.grpc) as channel:
        answers = list(stub(channel).ModelStreamInfer(requests()))
    assert [verdict(answer.infer_response) for answer in answers] == [b"class 2"] * 4
