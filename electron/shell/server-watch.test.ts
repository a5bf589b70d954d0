import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import { createRecordingLogger } from "#engine/node/testing/recording-logger.ts";
import { createServerWatch, type ServerWatch } from "./server-watch.ts";

let connects: number;
let connect: () => Promise<{ readonly httpUrl: string; readonly own: boolean }>;
let signedIn: boolean;
let modelsBody: string;
let watch: ServerWatch;
beforeEach(() => {
  vi.useFakeTimers();
  connects = 0;
  signedIn = false;
  modelsBody = JSON.stringify({ data: [{ id: "small" }] });
  connect = async () => ({ httpUrl: "http://127.0.0.1:1", own: true });
  const client = {
    link: {
      http: {
        request: async ({ path }: { readonly path: string }) => {
          if (path === "/health") throw new PipitError("SERVER_UNREACHABLE", "gone");
          return { status: 200, headers: {}, body: modelsBody };
        },
      },
      connect: () => {
        connects += 1;
        return connect();
      },
    },
    session: {
      store: { getState: () => ({ kind: signedIn ? "signed-in" : "signed-out" }) },
      accessToken: async () => "token",
    },
  } as unknown as Client;
  watch = createServerWatch(async () => client, createRecordingLogger());
});
afterEach(() => {
  watch[Symbol.dispose]();
  vi.useRealTimers();
});

test("a server that answers is ready, with its model once somebody is signed in", async () => {
  expect(watch.status.getState()).toEqual({ kind: "starting" });
  await watch.look();
  expect(watch.status.getState()).toEqual({ kind: "ready", httpUrl: "http://127.0.0.1:1", own: true });
  signedIn = true;
  await watch.look();
  expect(watch.status.getState()).toMatchObject({ kind: "ready", model: "small" });
});

test.each([JSON.stringify({ data: [{ id: "built-in" }] }), "{", "[]"])(
  "no model is named when the models are %s",
  async (body) => {
    signedIn = true;
    modelsBody = body;
    await watch.look();
    expect(watch.status.getState()).not.toHaveProperty("model");
  },
);

test("a server that does not answer is told with its cure", async () => {
  connect = () => Promise.reject(new PipitError("SERVER_UNREACHABLE", "Start it."));
  await watch.look();
  expect(watch.status.getState()).toEqual({
    kind: "unreachable",
    code: "SERVER_UNREACHABLE",
    message: "Start it.",
  });
});

test("one look at a time", async () => {
  await Promise.all([watch.look(), watch.look(), watch.look()]);
  expect(connects).toBe(1);
});

test("a server that ended is started again at once, one that keeps ending ever more slowly", async () => {
  watch.ended();
  await vi.advanceTimersByTimeAsync(0);
  expect(connects).toBe(1);
  watch.ended();
  await vi.advanceTimersByTimeAsync(499);
  expect(connects).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(connects).toBe(2);
  watch.ended();
  await vi.advanceTimersByTimeAsync(1_999);
  expect(connects).toBe(2);
});

test("after a minute of work an end is again the first", async () => {
  watch.ended();
  await vi.advanceTimersByTimeAsync(60_001);
  watch.ended();
  await vi.advanceTimersByTimeAsync(0);
  expect(connects).toBe(2);
});

test("when the app ends, nothing is started any more", async () => {
  watch.ended();
  watch[Symbol.dispose]();
  watch.ended();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([connects, vi.getTimerCount()]).toEqual([0, 0]);
});
