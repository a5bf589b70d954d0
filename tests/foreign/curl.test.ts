import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { runCommand } from "#tools/test/command.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** Plain curl with JSON, nothing of gRPC. Its options come on standard input, so that no token is in the arguments. */
async function curl(
  method: string,
  body: object,
  token?: string,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const config = [
    `url = "${server.httpUrl}/streaming.StreamingService/${method}"`,
    `header = "content-type: application/json"`,
    ...(token === undefined ? [] : [`header = "authorization: Bearer ${token}"`]),
    `data = ${JSON.stringify(JSON.stringify(body))}`,
    `write-out = "\\n%{http_code}"`,
    "silent",
    "",
  ].join("\n");
  const result = await runCommand("curl", ["-K", "-"], { input: config }, AbortSignal.timeout(60_000));
  expect(result.code).toBe(0);
  const split = result.stdout.lastIndexOf("\n");
  return { status: Number(result.stdout.slice(split + 1)), body: JSON.parse(result.stdout.slice(0, split)) };
}

test("plain curl with JSON completes InterruptSession", async () => {
  const answer = await curl("InterruptSession", { hardwareId: "curl-1" }, server.accessToken);
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ success: true });
  expect((answer.body as { interruptedSessions?: unknown[] }).interruptedSessions ?? []).toEqual([]);
});

test("an empty hardware id is answered, not refused", async () => {
  const answer = await curl("InterruptSession", { hardwareId: "" }, server.accessToken);
  expect(answer.status).toBe(200);
  expect((answer.body as { success?: boolean }).success ?? false).toBe(false);
});

test.each([
  ["no token", undefined],
  ["a forged token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."],
])("it gets 401 with %s", async (_name, token) => {
  const answer = await curl("InterruptSession", { hardwareId: "curl-1" }, token);
  expect(answer.status).toBe(401);
  expect(answer.body).toMatchObject({ code: "unauthenticated" });
});
