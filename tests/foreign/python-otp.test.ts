import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import { startTestServer } from "#tests/integration/start-test-server.ts";
import { generatePythonStubs, type PythonStubs } from "./python-stubs.ts";

const PYTHON_TIMEOUT_MS = 45_000;

let stubs: PythonStubs;
beforeAll(async () => {
  stubs = await generatePythonStubs(["auth.proto", "otp.proto", "streaming.proto"]);
});
afterAll(() => stubs[Symbol.asyncDispose]());

describe.each(databasesBySize)("a Python client with generated stubs on $name", ({ name }) => {
  test("registers, enrols, signs in with a code, and is refused with a replayed one [37]", async () => {
    await using server = await startTestServer({ database: name });
    const env = { PIPIT_LOGIN: "monty", PIPIT_PASSWORD: "Correct-horse-1" };
    const seen = await stubs.run("python_otp_client.py", [server.grpcUrl], env, PYTHON_TIMEOUT_MS);
    const accepted = { valid: true, error: "" };
    const refused = { valid: false, error: "Invalid otp" };
    expect(seen).toEqual({
      registered: true,
      uri: "otpauth://totp/Pipit:monty",
      confirmed: accepted,
      after_confirmation: "OK",
      before_code: "UNAUTHENTICATED",
      replayed_enrolment: refused,
      code: accepted,
      after_code: "OK",
      replayed: refused,
      after_replay: "UNAUTHENTICATED",
    });
  });
});
