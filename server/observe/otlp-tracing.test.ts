import { expect, test } from "vitest";
import { startOtlpReceiver } from "#tests/doubles/otlp-receiver.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { createOtlpTracing } from "./otlp-tracing.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
/** More than wait for a collector, and more than are sent at once besides. */
const MANY = 6_000;
const WAITING_AND_SENT = 2_048 + 512;

function open(endpoint: string, ratio = 1) {
  const logger = createRecordingLogger();
  const trustedProxies = ["10.0.0.1"];
  return {
    logger,
    tracing: createOtlpTracing({ endpoint, ratio, serviceName: "x", trustedProxies, logger }),
  };
}

const from = (remoteAddress: string, flags = "01") => ({
  method: "GET",
  headers: { traceparent: `00-${TRACE}-b7ad6b7169203331-${flags}` },
  socket: { remoteAddress },
});

test("a proxy's trace goes on, and its word counts whether it is kept; a stranger's does not", async () => {
  await using collector = await startOtlpReceiver();
  const { tracing } = open(collector.url, 0);
  for (const [address, flags] of [
    ["10.0.0.1", "01"],
    ["10.0.0.1", "00"],
    ["10.9.9.9", "01"],
  ] as const) {
    const request = tracing.begin(from(address, flags));
    request.run(() => tracing.ended("part", 5, {}));
    request.end("/a", 500);
  }
  await tracing[Symbol.asyncDispose]();
  expect(collector.spans.map(({ traceId, name, status }) => [traceId, name, status])).toEqual([
    [TRACE, "part", 0],
    [TRACE, "GET /a", 2],
  ]);
  expect(Math.round(collector.spans[0]?.durationMs ?? 0)).toBe(5);
});

test("a collector that takes everything and answers nothing costs a bounded queue, one line in the log, and no stop", async () => {
  await using collector = await startOtlpReceiver();
  collector.silence(true);
  const { tracing, logger } = open(collector.url);
  for (let request = 0; request < MANY; request += 1) tracing.begin(from("10.9.9.9")).end("/a", 200);
  await tracing[Symbol.asyncDispose]();
  expect(collector.spans.length).toBeGreaterThan(0);
  expect(collector.spans.length).toBeLessThanOrEqual(WAITING_AND_SENT);
  await expect
    .poll(() => logger.lines.filter(({ event }) => event === "traces.collector_lost"))
    .toHaveLength(1);
});

test("a collector that is not there is told of once", async () => {
  const { tracing, logger } = open("http://127.0.0.1:9");
  tracing.begin(from("10.9.9.9")).end("/a", 200);
  await tracing[Symbol.asyncDispose]();
  await expect.poll(() => logger.lines.map(({ event }) => event)).toEqual(["traces.collector_lost"]);
});
