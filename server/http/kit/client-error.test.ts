import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { expect, onTestFinished, test } from "vitest";
import { createClientErrorAnswer, refuseExpectations } from "./client-error.ts";

const HEADERS_MAX_BYTES = 16 * 1024;

async function exchange(bytes: string): Promise<string> {
  const server = createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1");
  server.on(
    "clientError",
    createClientErrorAnswer(createRecordingLogger(), () => false),
  );
  refuseExpectations(server);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const pieces: string[] = [];
  socket.on("data", (piece) => pieces.push(String(piece)));
  socket.write(bytes);
  await once(socket, "close");
  return pieces.join("");
}

test.each([
  ["secret nonsense\r\n\r\n", 400, "INVALID_REQUEST"],
  ["GET / HTTP/1.1\r\nhost: x\r\nexpect: a-secret\r\n\r\n", 417, "INVALID_REQUEST"],
  [`GET / HTTP/1.1\r\nhost: x\r\nx-secret: ${"x".repeat(HEADERS_MAX_BYTES)}\r\n\r\n`, 431, "INVALID_REQUEST"],
])(
  "what is no request is answered in the API's form, with the end of the connection announced",
  async (bytes, status, code) => {
    const [head = "", body = ""] = (await exchange(bytes)).split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
    expect(head.split("\r\n")).toEqual(
      expect.arrayContaining([
        "connection: close",
        "cache-control: no-store",
        expect.stringMatching(/^x-correlation-id: [\w-]{36}$/),
      ]),
    );
    expect(JSON.parse(body)).toEqual({ error: { code, message: expect.any(String) } });
    expect(body).not.toContain("secret");
  },
);
