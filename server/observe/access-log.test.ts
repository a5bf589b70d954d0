import { expect, test } from "vitest";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { createAccessLog, type AccessedRequest } from "./access-log.ts";

const request: AccessedRequest = {
  method: "GET",
  route: "/v1/chats",
  status: 200,
  durationMs: 1.7,
  bytes: 300,
  client: "192.0.2.1",
  correlationId: "id",
  cut: false,
};

test("a share of the requests has a line, and every fault of the server", () => {
  const logger = createRecordingLogger();
  const drawn = [0.05, 0.5];
  const log = createAccessLog(0.1, logger, () => drawn.shift() ?? 0.99);
  log?.(request);
  log?.(request);
  log?.({ ...request, status: 404 });
  log?.({ ...request, status: 503 });
  log?.({ ...request, rpc: "unavailable" });
  log?.({ ...request, rpc: "permission_denied" });
  expect(logger.lines.map(({ fields }) => [fields["status"], fields["rpc"]])).toEqual([
    [200, undefined],
    [503, undefined],
    [200, "unavailable"],
  ]);
  expect(logger.lines[0]).toEqual({
    level: "info",
    event: "access",
    fields: {
      method: "GET",
      route: "/v1/chats",
      status: 200,
      durationMs: 2,
      bytes: 300,
      client: "192.0.2.1",
      correlationId: "id",
    },
  });
  expect(createAccessLog(undefined, logger)).toBeUndefined();
});

test("a method that a client has made up, which HTTP/2 allows, is not repeated", () => {
  const logger = createRecordingLogger();
  createAccessLog(1, logger)?.({ ...request, method: `secret-${"x".repeat(8_000)}` });
  expect(logger.lines.map(({ fields }) => fields["method"])).toEqual(["_OTHER"]);
});
