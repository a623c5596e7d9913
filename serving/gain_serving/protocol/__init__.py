"""The Open Inference Protocol v2: tensors, requests and answers; over HTTP, over gRPC."""
