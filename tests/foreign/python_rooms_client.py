"""Two people chat over gRPC as the original's console client does, with its messages and the metadata "token".

Arguments: host:port, and a text that both wait for from somebody else before they go. The password of both comes in PIPIT_PASSWORD. Prints one JSON object: what each of them read, in
order, and what the server said to who showed no good token.
"""

import json
import os
import sys
import threading
import time

import auth_pb2
import auth_pb2_grpc
import grpc
import messaging_pb2
import messaging_pb2_grpc

TIMEOUT_SECONDS = 30
KNOCK = "knock"


class Person:
    """One client with a channel of its own, and a thread that reads."""

    def __init__(self, target: str, login: str) -> None:
        self.channel = grpc.insecure_channel(target)
        self.messaging = messaging_pb2_grpc.MessagingStub(self.channel)
        auth = auth_pb2_grpc.AuthStub(self.channel)
        password = os.environ["PIPIT_PASSWORD"]
        auth.Register(auth_pb2.RegisterRequest(login=login, password=password), timeout=TIMEOUT_SECONDS)
        answer = auth.Login(auth_pb2.LoginRequest(login=login, password=password), timeout=TIMEOUT_SECONDS)
        self.metadata = [("token", answer.token)]
        self.read = []
        self.changed = threading.Condition()
        self.stream = self.messaging.MessageStream(messaging_pb2.Empty(), metadata=self.metadata)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        try:
            for message in self.stream:
                with self.changed:
                    self.read.append(message)
                    self.changed.notify_all()
        except grpc.RpcError:
            pass

    def send(self, text: str, author: str = ""):
        message = messaging_pb2.Message(author=author, text=text)
        message.send_time.FromSeconds(1)
        return self.messaging.SendMessage(message, metadata=self.metadata, timeout=TIMEOUT_SECONDS)

    def heard(self, text: str, seconds: float) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: any(message.text == text for message in self.read), seconds)


def refused(call) -> list:
    try:
        call()
    except grpc.RpcError as error:
        return [error.code().name, error.details()[:15]]
    return ["OK", ""]


def run(target: str, *awaited: str) -> dict:
    people = [Person(target, "ann"), Person(target, "bob")]
    ann, bob = people
    # A stream has only what is sent once it is open, and nothing says when that is.
    until = time.monotonic() + TIMEOUT_SECONDS
    while not all(person.heard(KNOCK, 0.1) for person in people) and time.monotonic() < until:
        bob.send(KNOCK)
    answer = bob.send("Привет, Аня", author="ann")
    ann.send("hello")
    bob.send("the last")
    for person in people:
        for text in ("the last", *awaited):
            person.heard(text, TIMEOUT_SECONDS)
    # None is open when a channel is closed.
    said = {
        name: [[message.author, message.text] for message in person.read if message.text != KNOCK]
        for name, person in (("ann", ann), ("bob", bob))
    }
    times = [message.send_time.ToMilliseconds() for message in ann.read]
    now = time.time() * 1000
    empty, message = messaging_pb2.Empty(), messaging_pb2.Message(text="hi")
    forged = [("token", "forged")]
    seen = {
        **said,
        "server_times": all(abs(at - now) < 3_600_000 for at in times),
        "answer": [answer.success, answer.id, answer.server_time.ToMilliseconds() in times],
        "read_forged": refused(lambda: next(ann.messaging.MessageStream(empty, metadata=forged))),
        "read_without": refused(lambda: next(ann.messaging.MessageStream(empty))),
        "send_without": refused(lambda: ann.messaging.SendMessage(message, timeout=TIMEOUT_SECONDS)),
    }
    for person in people:
        person.stream.cancel()
        person.channel.close()
    return seen


print(json.dumps(run(*sys.argv[1:])))
