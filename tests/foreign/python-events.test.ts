import { join } from "node:path";
import { expect, test } from "vitest";
import { startTestServer } from "#tests/integration/start-test-server.ts";
import { send } from "#tests/integration/web-stage.ts";
import { runCommand } from "#tools/test/command.ts";

const PYTHON_TIMEOUT_MS = 60_000;

test("a Python program hears the snapshot and a pong, and leaves a batch once, by what the reference says", async () => {
  await using server = await startTestServer();
  const [login, password] = ["monty", "Correct-horse-1"];
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ login, password });
  await send(server.httpUrl, { method: "POST", path: "/auth/register", headers, body });
  const script = join(import.meta.dirname, "python_events_client.py");
  const env = { PIPIT_LOGIN: login, PIPIT_PASSWORD: password, PYTHONDONTWRITEBYTECODE: "1" };
  const signal = AbortSignal.timeout(PYTHON_TIMEOUT_MS);
  const { stdout, stderr } = await runCommand("/usr/bin/python3", [script, server.httpUrl], { env }, signal);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    heard: ["snapshot", [], { type: "pong", timestamp: 1_795_000_000_123 }],
    first: ["success"],
    again: ["duplicate"],
  });
});
