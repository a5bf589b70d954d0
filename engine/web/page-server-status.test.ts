import { expect, test } from "vitest";
import { createFakeHttp, json, unreachable } from "#engine/testing/fake-http.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createPageServerStatus } from "./page-server-status.ts";

const never = new AbortController().signal;
const serverUrl = "http://127.0.0.1:8787";
const ready = { kind: "ready", httpUrl: serverUrl, own: false };

function setup(options: { signedIn?: boolean } = {}) {
  const http = createFakeHttp();
  const machine = { online: true };
  const status = createPageServerStatus({
    http,
    serverUrl,
    isSignedIn: () => options.signedIn ?? true,
    isOnline: () => machine.online,
    logger: createFakeLogger(),
  });
  return { http, machine, status };
}

test("a server that answers is ready, with the name of its model", async () => {
  const { http, status } = setup();
  expect(status.store.getState()).toEqual({ kind: "starting" });
  http.answer(() => json(200, { data: [{ id: "llama3.2" }] }));
  await Promise.all([status.look(never), status.look(never)]);
  expect(status.store.getState()).toEqual({ ...ready, model: "llama3.2" });
  expect(http.requests.map(({ path }) => path)).toEqual(["/health", "/v1/models"]);
});

test("the built-in answers are no model, and a stranger is told of none", async () => {
  const builtIn = setup();
  builtIn.http.answer(() => json(200, { data: [{ id: "built-in" }] }));
  await builtIn.status.look(never);
  expect(builtIn.status.store.getState()).toEqual(ready);
  const stranger = setup({ signedIn: false });
  stranger.http.answer(() => json(200, {}));
  await stranger.status.look(never);
  expect(stranger.status.store.getState()).toEqual(ready);
  expect(stranger.http.requests).toHaveLength(1);
});

test("a server that is away, or whose database is, is unreachable until it is back", async () => {
  const { http, status } = setup();
  await status.look(never);
  expect(status.store.getState()).toMatchObject({ kind: "unreachable", code: "SERVER_UNREACHABLE" });
  http.answer(() => json(503, { status: "unhealthy" }));
  await status.look(never);
  expect(status.store.getState()).toMatchObject({ kind: "unreachable" });
  http.answer(() => json(200, { data: [] }));
  await status.look(never);
  expect(status.store.getState()).toEqual(ready);
});

test("a machine without a network says nothing of the server", async () => {
  const { http, machine, status } = setup();
  http.answer(() => json(200, { data: [] }));
  await status.look(never);
  machine.online = false;
  http.answer(() => {
    throw unreachable();
  });
  await status.look(never);
  expect(status.store.getState()).toEqual(ready);
});
