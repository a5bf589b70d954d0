import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { runCommand } from "#tests/system/command.ts";

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
let stubs: string;

beforeAll(async () => {
  stubs = await mkdtemp(join(tmpdir(), "pipit-python-"));
  const signal = AbortSignal.timeout(30_000);
  const where = await runCommand("sh", ["-c", "command -v grpc_python_plugin"], {}, signal);
  const plugin = `--plugin=protoc-gen-grpc_python=${where.stdout.trim()}`;
  const args = [
    "-I",
    "proto",
    plugin,
    `--python_out=${stubs}`,
    `--grpc_python_out=${stubs}`,
    "streaming.proto",
  ];
  const generated = await runCommand("protoc", args, {}, signal);
  expect(generated.stderr).toBe("");
  expect(generated.code).toBe(0);
  server = await startTestServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(stubs, { recursive: true, force: true });
});

/** The token goes through the environment: an argument would be readable by every user of the machine. */
async function ask(prompt: string, token: string | undefined): Promise<PythonAnswer> {
  const script = join(import.meta.dirname, "python_client.py");
  const env = { PYTHONPATH: stubs, PYTHONDONTWRITEBYTECODE: "1", PIPIT_TOKEN: token };
  const args = [script, server.grpcUrl, prompt];
  const result = await runCommand("/usr/bin/python3", args, { env }, AbortSignal.timeout(45_000));
  expect(result.stderr).toBe("");
  return JSON.parse(result.stdout) as PythonAnswer;
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
