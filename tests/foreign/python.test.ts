import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { generatePythonStubs, type PythonStubs } from "./python-stubs.ts";

const PYTHON_TIMEOUT_MS = 60_000;

/** What python_client.py prints. */
interface PythonAnswer {
  readonly code: string;
  readonly message: string;
  readonly text: string;
  readonly end: string | null;
  readonly audio_bytes: number;
  readonly formats: readonly string[];
  readonly kinds: readonly string[];
}

let server: TestServer;
let stubs: PythonStubs;
beforeAll(async () => {
  stubs = await generatePythonStubs(["streaming.proto"]);
  server = await startTestServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await stubs[Symbol.asyncDispose]();
});

async function ask(prompt: string, token: string | undefined): Promise<PythonAnswer> {
  const args = [server.grpcUrl, prompt];
  const answer = await stubs.run("python_client.py", args, { PIPIT_TOKEN: token }, PYTHON_TIMEOUT_MS);
  return answer as PythonAnswer;
}

test("a Python client with generated stubs completes StreamAudio", async () => {
  const answer = await ask("what is 6 * 7?", server.accessToken);
  expect(answer.code).toBe("OK");
  expect(answer.text).toContain("42");
  expect(answer.end).not.toBeNull();
  expect(answer.kinds.at(-1)).toBe("end_message");
  expect(answer.audio_bytes).toBeGreaterThan(4_096);
  expect(answer.formats).toEqual(["int16 48000 1 []"]);
});

test("it sees nothing that the original proto did not have", async () => {
  const answer = await ask("what time is it?", server.accessToken);
  const original = ["text_chunk", "audio_chunk", "end_message"];
  expect(answer.kinds.filter((kind) => !original.includes(kind))).toEqual([]);
});

test.each([
  ["no token", undefined],
  ["a forged token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."],
])("it gets UNAUTHENTICATED with %s", async (_name, token) => {
  const answer = await ask("hello", token);
  expect(answer.code).toBe("UNAUTHENTICATED");
  expect(answer.text).toBe("");
  expect(answer.end).toBeNull();
});
