import { expect, test } from "vitest";
import { startTestServer } from "#tests/integration/start-test-server.ts";
import { generatePythonStubs } from "./python-stubs.ts";

const PYTHON_TIMEOUT_MS = 60_000;

test("[15] two console clients of the original chat, each as who it signed in as, and no stranger reads or writes", async () => {
  const folders = ["tests/foreign/seed-002", "proto"];
  await using stubs = await generatePythonStubs(["auth.proto", "messaging.proto"], folders);
  await using server = await startTestServer();
  const env = { PIPIT_PASSWORD: "Correct-horse-1" };
  const talk = [
    ["bob", "Привет, Аня"],
    ["ann", "hello"],
    ["bob", "the last"],
  ];
  const unauthenticated = ["UNAUTHENTICATED", "Invalid token: "];
  expect(await stubs.run("python_rooms_client.py", [server.grpcUrl], env, PYTHON_TIMEOUT_MS)).toEqual({
    ann: talk,
    bob: talk,
    server_times: true,
    answer: [true, "", true],
    read_forged: unauthenticated,
    read_without: unauthenticated,
    send_without: unauthenticated,
  });
});
