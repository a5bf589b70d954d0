import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readServerConfig } from "#server/config/config.ts";
import { databasesBySize } from "#server/testing/databases.ts";
import { startTestServer } from "#tests/integration/start-test-server.ts";
import { generatePythonStubs, type PythonStubs } from "./python-stubs.ts";

const PYTHON_TIMEOUT_MS = 60_000;

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

test("[W1] the original's console client enrols and signs in under its switch, and is refused without it", async () => {
  const run = async (env: Readonly<Record<string, string>>) => {
    const { auth } = readServerConfig({ argv: [], env });
    await using server = await startTestServer({ config: { auth } });
    const account = { PIPIT_LOGIN: "monty", PIPIT_PASSWORD: "Correct-horse-1" };
    return await stubs.run("python_otp_client.py", [server.grpcUrl, "original"], account, PYTHON_TIMEOUT_MS);
  };
  expect(await run({ PIPIT_LEGACY_OTP_OPTIONAL: "1" })).toEqual({
    registered: true,
    uri: "otpauth://totp/Pipit:monty",
    first: true,
    first_token: "OK",
    later: true,
    later_token: "OK",
  });
  expect(await run({})).toEqual({ registered: true, uri: "UNAUTHENTICATED" });
});
