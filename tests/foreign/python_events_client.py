"""A client of the developer-style API as a Python program writes it: urllib, gzip, and Debian's websockets."""

import asyncio
import gzip
import json
import os
import sys
import urllib.request

import websockets

ORIGIN = sys.argv[1]
EVENTS = [
    {
        "event_id": f"01KBTFJ8Q3ZB9X2C7N5V4M6K{n:02d}",
        "event_type": "WPStatusChanged",
        "aggregate_id": "WP01",
        "aggregate_type": "WorkPackage",
        "payload": {"status": "done"},
        "node_id": "0123456789ab",
        "lamport_clock": n,
        "causation_id": None,
        "timestamp": "2026-11-21T00:26:48.856411+00:00",
        "team_slug": "local",
    }
    for n in range(10)
]


def post(path, body, headers=()):
    sent = dict(headers)
    if body:
        sent["Content-Type"] = "application/json"
    request = urllib.request.Request(ORIGIN + path, data=body, headers=sent, method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def push(access):
    body = gzip.compress(json.dumps({"events": EVENTS}).encode("utf-8"))
    answer = post("/api/v1/events/batch/", body, {**bearer(access), "Content-Encoding": "gzip"})
    assert [result["event_id"] for result in answer["results"]] == [event["event_id"] for event in EVENTS]
    return sorted({result["status"] for result in answer["results"]})


async def listen(ws_token):
    url = ORIGIN.replace("http", "ws", 1) + "/ws/v1/events/"
    async with websockets.connect(url, extra_headers=bearer(ws_token), ping_interval=None) as socket:
        snapshot = json.loads(await socket.recv())
        await socket.send(json.dumps({"type": "ping", "timestamp": 1795000000123}))
        pong = json.loads(await socket.recv())
        return [snapshot["type"], snapshot["work_packages"], pong]


credentials = {"username": os.environ["PIPIT_LOGIN"], "password": os.environ["PIPIT_PASSWORD"]}
tokens = post("/api/v1/token/", json.dumps(credentials).encode("utf-8"))
ws = post("/api/v1/ws-token/", b"", bearer(tokens["access"]))
heard = asyncio.run(listen(ws["ws_token"]))
print(json.dumps({"heard": heard, "first": push(tokens["access"]), "again": push(tokens["access"])}))
