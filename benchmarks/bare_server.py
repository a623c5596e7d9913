"""The least that answers NVIDIA's client on the frameworks the server stands on.

Same transports, same network, as many workers; nothing is checked, judged, counted or logged, and
the tensors answered are always the same. What the server costs beyond this is its own.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import grpc
import numpy as np
import onnxruntime as ort
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from gain_serving.protocol.grpc_form import write_response
from gain_serving.protocol.messages import message
from gain_serving.protocol.request import InferRequest, InferResponse, RequestedOutput
from gain_serving.protocol.rest_form import write_response as write_body
from gain_serving.protocol.tensors import output_tensor

SHAPE = (1, 224, 224, 3)


def main() -> None:
    path, threads, http, port = sys.argv[1:]
    uvloop.run(serve(Path(path), int(threads), int(http), port))


async def serve(path: Path, threads: int, http: int, port: str) -> None:
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    session = ort.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    pool = ThreadPoolExecutor(os.cpu_count())
    loop = asyncio.get_running_loop()
    names = [output.name for output in session.get_outputs()]
    arrays = map(np.asarray, session.run(names, {"image": np.zeros(SHAPE, np.uint8)}))
    asked = InferRequest("", "", [])
    answer = InferResponse(
        "bare",
        "1",
        "",
        [output_tensor(name, array) for name, array in zip(names, arrays, strict=True)],
        [RequestedOutput(name) for name in names],
    )
    packed = write_response(answer, asked).SerializeToString()
    body, headers = write_body(answer)
    pairs = [(key.lower().encode(), value.encode()) for key, value in headers.items()]

    def judge(pixels: bytes) -> None:
        session.run(names, {"image": np.frombuffer(pixels, np.uint8).reshape(SHAPE)})

    async def messages(raw: bytes, _context: object) -> bytes:
        request = message("ModelInferRequest").FromString(raw)
        await loop.run_in_executor(pool, judge, request.raw_input_contents[0])
        return packed

    class Handler(grpc.GenericRpcHandler):
        def service(self, handler_call_details: object) -> grpc.RpcMethodHandler:
            return grpc.unary_unary_rpc_method_handler(messages)

    async def web(scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http":
            return
        parts, more = [], True
        while more:
            part = await receive()
            parts.append(part["body"])
            more = part["more_body"]
        whole = b"".join(parts)
        await loop.run_in_executor(pool, judge, whole[len(whole) - np.prod(SHAPE) :])
        await send({"type": "http.response.start", "status": 200, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    server = grpc.aio.server(handlers=[Handler()])
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await Server(
        web,
        address="127.0.0.1",
        port=http,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
