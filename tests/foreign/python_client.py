"""Asks one question over gRPC, with stubs generated from our proto, as a client of another language would.

Arguments: host:port, prompt. The access token comes in PIPIT_TOKEN; without it the call is made without one.
Prints one JSON object: the status code, the ErrorInfo-free message, the text, the end, and what the audio looked like.
"""

import json
import os
import sys

import grpc
import streaming_pb2
import streaming_pb2_grpc


def main() -> None:
    target, prompt = sys.argv[1:3]
    token = os.environ.get("PIPIT_TOKEN")
    metadata = [("authorization", f"Bearer {token}")] if token else []
    seen = {"code": "OK", "message": "", "text": "", "end": None, "audio_bytes": 0, "formats": [], "kinds": []}
    with grpc.insecure_channel(target) as channel:
        stub = streaming_pb2_grpc.StreamingServiceStub(channel)
        request = streaming_pb2.StreamRequest(prompt=prompt, hardware_id="python-client", screenshot="")
        try:
            for response in stub.StreamAudio(request, metadata=metadata, timeout=30):
                take(response, seen)
        except grpc.RpcError as error:
            seen["code"] = error.code().name
            seen["message"] = error.details()
    print(json.dumps(seen))


def take(response, seen) -> None:
    kind = response.WhichOneof("content")
    if kind not in seen["kinds"]:
        seen["kinds"].append(kind)
    if kind == "text_chunk":
        seen["text"] += response.text_chunk
    elif kind == "audio_chunk":
        audio = response.audio_chunk
        seen["audio_bytes"] += len(audio.audio_data)
        description = f"{audio.dtype} {audio.sample_rate} {audio.channels} {list(audio.shape)}"
        if description not in seen["formats"]:
            seen["formats"].append(description)
    elif kind == "end_message":
        seen["end"] = response.end_message


main()
