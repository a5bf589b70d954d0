import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createCorrelation } from "#server/observe/correlation.ts";
import { openGate } from "#server/testing/open-gate.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { addRoutes } from "./kit/route.ts";
import { sendError } from "./send-error.ts";

test.each([
  ["SERVER_BUSY", 503, "debug"],
  ["SERVER_STOPPING", 503, "debug"],
  ["DATABASE_UNREACHABLE", 503, "debug"],
  ["INTERNAL", 500, "error"],
  ["CREDENTIALS_INVALID", 401, "debug"],
] as const)("%s is answered with %i and logged as %s", async (code, status, level) => {
  const logger = createRecordingLogger();
  const app = fastify();
  onTestFinished(() => app.close());
  const told: string[] = [];
  const metrics = { errorTold: (one: string) => void told.push(one) };
  const deps = { logger, correlation: createCorrelation(), metrics };
  app.setErrorHandler((error, request, reply) => sendError(deps, error, request, reply));
  const handle = async (): Promise<never> => {
    throw new PipitError(code, "A text.", { retryAfterMs: 1500 });
  };
  addRoutes(app, [{ method: "POST", path: "/auth/login", access: { who: "anyone" }, handle }], openGate);
  const answer = await app.inject({ method: "POST", url: "/auth/login" });
  expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([status, "2"]);
  expect(answer.json()).toMatchObject({ error: { code } });
  expect(logger.lines.map((line) => line.level)).toEqual([level]);
  expect(told).toEqual([code]);
});
