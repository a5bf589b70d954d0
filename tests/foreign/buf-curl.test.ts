import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { runCommand, type CommandResult } from "#tools/test/command.ts";

let server: TestServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-buf-"));
  server = await startTestServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** `buf curl` knows no proto of ours: it asks the server's reflection, then calls. */
async function bufCurl(method: string, body: object, token?: string): Promise<CommandResult> {
  const headers = join(folder, "headers");
  await writeFile(headers, token === undefined ? "x-none: 1\n" : `authorization: Bearer ${token}\n`, {
    mode: 0o600,
  });
  const flags = ["curl", "--protocol", "grpc", "--http2-prior-knowledge", "-H", `@${headers}`];
  const url = `http://${server.grpcUrl}/streaming.StreamingService/${method}`;
  // From a folder without proto files, so that nothing but reflection can tell it the schema.
  const args = [...flags, "-d", JSON.stringify(body), url];
  return runCommand("buf", args, { cwd: folder }, AbortSignal.timeout(60_000));
}

const question = { prompt: "what is 6 * 7?", hardwareId: "buf-curl", speak: false };

test("buf curl over reflection completes StreamAudio", async () => {
  const result = await bufCurl("StreamAudio", question, server.accessToken);
  expect(result.stderr).toBe("");
  expect(result.code).toBe(0);
  const messages = result.stdout
    .split(/(?<=^})\n/m)
    .filter((text) => text.trim() !== "")
    .map((text) => JSON.parse(text) as Readonly<Record<string, string>>);
  const text = messages.map((message) => message["textChunk"] ?? "").join("");
  expect(text).toContain("42");
  expect(Object.keys(messages.at(-1) ?? {})).toEqual(["endMessage"]);
});

test("it gets UNAUTHENTICATED without a token, with our reason", async () => {
  const result = await bufCurl("StreamAudio", question);
  expect(result.code).not.toBe(0);
  expect(result.stdout).toBe("");
  const error = JSON.parse(result.stderr) as {
    code: string;
    details: readonly { type: string; value: string }[];
  };
  expect(error.code).toBe("unauthenticated");
  const info = Buffer.from(error.details[0]?.value ?? "", "base64").toString("latin1");
  expect(info).toContain("TOKEN_MISSING");
  expect(info).toContain("pipit");
});
