"""A service of another team: FastAPI on uvicorn, with our recipe for Python. Prints its port when it is ready."""

import collections
import os
import socket
import sys

import uvicorn
from fastapi import Depends, FastAPI
from pipit_auth import Caller, PipitAuth

counts = collections.Counter()
named = {
    "keys_max_age": os.environ.get("KEYS_MAX_AGE_MS"),
    "cooldown": os.environ.get("COOLDOWN_MS"),
}
auth = PipitAuth(
    issuer=os.environ["ISSUER"],
    jwks_url=os.environ["JWKS_URL"],
    internal_key=os.environ.get("INTERNAL_KEY"),
    count=lambda method, outcome: counts.update([f"{method} {outcome}"]),
    **{name: int(text) / 1000 for name, text in named.items() if text},
)
app = FastAPI()


def who(caller):
    return {"subject": caller.subject, "client": caller.client_id, "method": caller.method}


@app.get("/notes")
def read(caller: Caller = Depends(auth.requires("api:read"))):
    return who(caller)


@app.post("/notes")
def write(caller: Caller = Depends(auth.requires("api:write"))):
    return who(caller)


@app.get("/counts")
def read_counts():
    return counts


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
sys.stdout.flush()
