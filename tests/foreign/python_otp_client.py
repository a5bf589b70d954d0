"""Signs in with a second factor over gRPC, with stubs generated from our proto, as a client of another language would.

Arguments: host:port, and "original" to do so as the original's console client does. Login and password come in PIPIT_LOGIN and PIPIT_PASSWORD: arguments can be read by every user of
the machine. Codes are made here, by RFC 6238 and the address that the server gave (an otpauth:// URI).
Prints one JSON object with what each step said.
"""

import base64
import hashlib
import hmac
import json
import os
import struct
import sys
import time
import urllib.parse

import auth_pb2
import auth_pb2_grpc
import grpc
import otp_pb2
import otp_pb2_grpc
import streaming_pb2
import streaming_pb2_grpc

STEP_SECONDS = 30
TIMEOUT_SECONDS = 30


class Client:
    def __init__(self, channel: grpc.Channel) -> None:
        self.auth = auth_pb2_grpc.AuthStub(channel)
        self.otp = otp_pb2_grpc.OtpStub(channel)
        self.streaming = streaming_pb2_grpc.StreamingServiceStub(channel)
        self.login_name = os.environ["PIPIT_LOGIN"]
        self.password = os.environ["PIPIT_PASSWORD"]

    def register(self):
        request = auth_pb2.RegisterRequest(login=self.login_name, password=self.password)
        return self.auth.Register(request, timeout=TIMEOUT_SECONDS)

    def login(self) -> str:
        request = auth_pb2.LoginRequest(login=self.login_name, password=self.password)
        answer = self.auth.Login(request, timeout=TIMEOUT_SECONDS)
        if not answer.success:
            raise SystemExit(f"login: {answer.error}")
        return answer.token

    def init_otp(self, token: str):
        request = otp_pb2.RequestInitOtp(login=self.login_name)
        return self.otp.InitOtp(request, metadata=[("token", token)], timeout=TIMEOUT_SECONDS)

    def check_otp(self, token: str, code: str) -> dict:
        request = otp_pb2.RequestCheckOtp(login=self.login_name, otp=code)
        answer = self.otp.CheckOtp(request, metadata=[("token", token)], timeout=TIMEOUT_SECONDS)
        return {"valid": answer.valid, "error": answer.error}

    def ask(self, token: str) -> str:
        """What a guarded method says: the name of the status."""
        request = streaming_pb2.StreamRequest(prompt="what is 6 * 7?", hardware_id="python-otp", speak=False)
        metadata = [("authorization", f"Bearer {token}")]
        try:
            for _ in self.streaming.StreamAudio(request, metadata=metadata, timeout=TIMEOUT_SECONDS):
                pass
        except grpc.RpcError as error:
            return error.code().name
        return "OK"


def code_at(uri: str, step: int) -> str:
    """RFC 6238 with what an address means that says nothing else: SHA-1, six digits, 30 seconds."""
    query = urllib.parse.parse_qs(urllib.parse.urlparse(uri).query)
    secret = query["secret"][0]
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def run(client: Client) -> dict:
    registered = client.register()
    first = client.login()
    begun = client.init_otp(first)
    step = int(time.time()) // STEP_SECONDS
    used, fresh = code_at(begun.secret, step), code_at(begun.secret, step + 1)
    seen = {
        "registered": registered.success,
        "uri": begun.secret.split("?")[0],
        "confirmed": client.check_otp(first, used),
        "after_confirmation": client.ask(first),
    }
    second = client.login()
    seen["before_code"] = client.ask(second)
    seen["replayed_enrolment"] = client.check_otp(second, used)
    seen["code"] = client.check_otp(second, fresh)
    seen["after_code"] = client.ask(second)
    third = client.login()
    seen["replayed"] = client.check_otp(third, fresh)
    seen["after_replay"] = client.ask(third)
    return seen


def run_original(client: Client) -> dict:
    """The order of the original's console client, which shows its token to MessageStream alone."""
    registered = client.register()
    try:
        begun = client.otp.InitOtp(otp_pb2.RequestInitOtp(login=client.login_name), timeout=TIMEOUT_SECONDS)
    except grpc.RpcError as error:
        return {"registered": registered.success, "uri": error.code().name}
    step = int(time.time()) // STEP_SECONDS
    seen = {"registered": registered.success, "uri": begun.secret.split("?")[0]}
    for name, code in (("first", code_at(begun.secret, step)), ("later", code_at(begun.secret, step + 1))):
        token = client.login()
        request = otp_pb2.RequestCheckOtp(login=client.login_name, otp=code)
        seen[name] = client.otp.CheckOtp(request, timeout=TIMEOUT_SECONDS).valid
        seen[f"{name}_token"] = client.ask(token)
    return seen


with grpc.insecure_channel(sys.argv[1]) as opened:
    chosen = run_original if sys.argv[2:] == ["original"] else run
    print(json.dumps(chosen(Client(opened))))
