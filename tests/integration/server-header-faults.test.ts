import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "./start-test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** The answer to these very bytes: status, and headers in small letters. */
async function answerTo(
  lines: readonly string[],
): Promise<{ status: number; headers: string; body: string }> {
  const { hostname, port } = new URL(server.httpUrl);
  const socket = connect(Number(port), hostname);
  const pieces: string[] = [];
  socket.on("data", (piece) => pieces.push(String(piece)));
  socket.write(`${lines.join("\r\n")}\r\nconnection: close\r\n\r\n`);
  await once(socket, "close");
  const [head = "", body = ""] = pieces.join("").split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), headers: head.toLowerCase(), body };
}

const host = () => `host: ${new URL(server.httpUrl).host}`;
const path = "GET /v1/chats HTTP/1.1";

test.each([
  ["no request at all", () => ["nonsense"], 400],
  ["an unknown expectation", () => [path, host(), "expect: a-miracle"], 417],
  ["headers that are too large", () => [path, host(), `x-large: ${"x".repeat(20_000)}`], 431],
  ["no Host", () => [path], 400],
  ["two Hosts", () => [path, host(), "host: evil.example"], 400],
  ["the same Host twice", () => [path, host(), host()], 400],
  [
    "two Authorizations",
    () => [path, host(), `authorization: Bearer ${server.accessToken}`, "authorization: Bearer other"],
    400,
  ],
] as const)("%s is refused, with an id to ask about", async (_name, lines, status) => {
  const answer = await answerTo(lines());
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatch(/^x-correlation-id: [\w-]{36}\r?$/m);
  expect(JSON.parse(answer.body)).toMatchObject({ error: { code: "INVALID_REQUEST" } });
});

test("an expectation is answered under the client's own id", async () => {
  const answer = await answerTo([path, host(), "expect: a-miracle", "x-correlation-id: mine-1"]);
  expect(answer.headers).toMatch(/^x-correlation-id: mine-1\r?$/m);
});
