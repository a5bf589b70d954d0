import fastify from "fastify";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { sendOAuthError, toOAuthError } from "./oauth-answer.ts";
import { OAuthError } from "./oauth-error.ts";

/** The answer of an endpoint that throws `reason`. */
async function answerTo(reason: unknown) {
  const app = fastify();
  app.get("/", async (_request, reply) => {
    const error = toOAuthError(reason);
    if (error === undefined) throw reason;
    return sendOAuthError(error, reply);
  });
  try {
    const { statusCode, headers, body } = await app.inject("/");
    return { status: statusCode, headers, body: JSON.parse(body) as Record<string, unknown> };
  } finally {
    await app.close();
  }
}

const passing = [
  "SERVER_BUSY",
  "LIMITS_UNREACHABLE",
  "DATABASE_UNREACHABLE",
  "SERVER_STOPPING",
  "CLOCK_WRONG",
] as const;

describe("what the rules say, in OAuth's words", () => {
  test.each(passing)("%s is 503 with Retry-After", async (code: ErrorCode) => {
    const { status, headers, body } = await answerTo(new PipitError(code, "inner", { retryAfterMs: 1_500 }));
    expect([status, body["error"], headers["retry-after"]]).toEqual([503, "temporarily_unavailable", "2"]);
    expect(JSON.stringify(body)).not.toContain("inner");
  });

  test("RATE_LIMITED is 429 and says for how long", async () => {
    const limited = new PipitError("RATE_LIMITED", "x", { retryAfterMs: 29_500 });
    const { status, headers, body } = await answerTo(limited);
    expect([status, body["error"], headers["retry-after"]]).toEqual([429, "invalid_request", "30"]);
  });

  test("ACCOUNT_LOCKED is 429 and says for how long", async () => {
    const locked = new PipitError("ACCOUNT_LOCKED", "x", { retryAfterMs: 899_001 });
    expect((await answerTo(locked)).body).toEqual({
      error: "invalid_grant",
      error_description: "Too many failed attempts. Try again in 900 seconds.",
      pipit_code: "ACCOUNT_LOCKED",
    });
  });

  test("what is a fault of the server goes on to the port, which answers for it", async () => {
    expect((await answerTo(new PipitError("INTERNAL", "x"))).status).toBe(500);
    expect((await answerTo(new Error("x"))).status).toBe(500);
  });

  test.each([
    ["invalid_grant", 400],
    ["invalid_client", 401],
    ["insufficient_scope", 403],
    ["temporarily_unavailable", 503],
  ] as const)("%s is %i", async (code, status) => {
    expect((await answerTo(new OAuthError(code, "x"))).status).toBe(status);
  });
});
