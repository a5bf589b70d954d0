import fastify from "fastify";
import { expect, test } from "vitest";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { healthRoute, type HealthContext } from "./health.ts";
import { addRoutes } from "../kit/route.ts";
import { openGate } from "#server/testing/open-gate.ts";

async function health(over: Partial<HealthContext>): Promise<{ status: number; body: unknown }> {
  await using stack = new AsyncDisposableStack();
  const app = fastify();
  stack.defer(() => app.close());
  const context: HealthContext = {
    store: { ping: async () => undefined, storageState: async () => "writable" },
    time: { state: "own" },
    masterKeyState: () => "right",
    redisStatus: () => "disabled",
    memoryFilesState: () => "written",
    semanticState: () => "off",
    grpcPort: () => 50_051,
    logger: createRecordingLogger(),
    ...over,
  };
  addRoutes(app, [healthRoute(context)], openGate);
  const answer = await app.inject("/health");
  return { status: answer.statusCode, body: answer.json() };
}

test("a server without Redis is healthy and says that there is none", async () => {
  expect(await health({})).toMatchObject({
    status: 200,
    body: { status: "healthy", database: "connected", redis: "disabled" },
  });
});

test("a clock that differs from the database's is told, and does not make the server unhealthy", async () => {
  expect(await health({ time: { state: "right" } })).toMatchObject({
    body: { status: "healthy", clock: "right" },
  });
  for (const state of ["off", "wrong"] as const)
    expect(await health({ time: { state } })).toMatchObject({
      status: 200,
      body: { status: "degraded", clock: state },
    });
});

test("a master key that does not open everything is told, and does not make the server unhealthy", async () => {
  const states = ["right", "rotating", "mixed", "replaced"] as const;
  const answers = states.map(async (state) => health({ masterKeyState: () => state }));
  expect(await Promise.all(answers)).toMatchObject(
    states.map((state, index) => ({
      status: 200,
      body: { status: index < 2 ? "healthy" : "degraded", master_key: state },
    })),
  );
});

test("a lost Redis is told, and does not make the server unhealthy", async () => {
  expect(await health({ redisStatus: () => "connected" })).toMatchObject({ body: { redis: "connected" } });
  expect(await health({ redisStatus: () => "down" })).toMatchObject({
    status: 200,
    body: { status: "healthy", redis: "down" },
  });
});

test("a lost database makes it unhealthy", async () => {
  const lost = async (): Promise<void> => {
    throw new Error("no");
  };
  expect(
    await health({
      store: { ping: lost, storageState: async () => "writable" },
      redisStatus: () => "connected",
    }),
  ).toMatchObject({
    status: 503,
    body: { status: "unhealthy", database: "down", redis: "connected" },
  });
});
