import { beforeEach, expect, test } from "vitest";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { ServerStatus } from "#contract/app-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createHistoryClient } from "#engine/history/history-client.ts";
import { createFakeHttp, json, type FakeHttp } from "#engine/testing/fake-http.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createFakeSession } from "#engine/testing/fake-session.ts";
import { createSignedInHttp } from "#engine/wire/signed-in.ts";
import type { AppClient, FoundServer } from "./app-ports.ts";
import { createServerLook } from "./server-look.ts";

const found = { httpUrl: "http://127.0.0.1:1", own: true };
const ready = { kind: "ready", ...found };
let http: FakeHttp;
let chat: StoreApi<{ chatId?: string }>;
let state: StoreApi<{ server: ServerStatus }>;
const status = (): ServerStatus => state.getState().server;
let find: () => Promise<FoundServer>;
let finds: number;
let online: boolean;
beforeEach(() => {
  http = createFakeHttp();
  chat = createStore(() => ({}));
  http.answer(() => json(200, { data: [{ id: "llama3.2" }] }));
  state = createStore(() => ({ server: { kind: "starting" } }));
  find = async () => found;
  finds = 0;
  online = true;
});

function lookAs(accountId: string | undefined): () => Promise<void> {
  const session = createFakeSession(accountId);
  const client = {
    session,
    engine: { store: chat },
    history: createHistoryClient(createSignedInHttp(http, session)),
    findServer() {
      finds += 1;
      return find();
    },
  } as unknown as AppClient;
  const { signal } = new AbortController();
  return createServerLook({
    client: async () => client,
    state,
    isOnline: () => online,
    signal: () => signal,
    logger: createFakeLogger(),
  });
}

test("a server that answers is ready, with the name of its model; one look at a time", async () => {
  const look = lookAs("ann");
  await Promise.all([look(), look(), look()]);
  expect([status(), finds]).toEqual([{ ...ready, model: "llama3.2" }, 1]);
});

test("U15: the model is that of the chat on show, also when another one is opened during the look", async () => {
  http.answer(({ path }) => {
    const chatId = new URL(path, found.httpUrl).searchParams.get("chat_id");
    if (chatId === "a") chat.setState({ chatId: "b" });
    return json(200, { data: [{ id: `model of ${chatId}` }] });
  });
  chat.setState({ chatId: "a" });
  await lookAs("ann")();
  expect(status()).toEqual({ ...ready, model: "model of b" });
});

test("a client that is not signed in asks for no model", async () => {
  await lookAs(undefined)();
  expect([status(), http.requests]).toEqual([ready, []]);
});

test.each([{ data: [{ id: "built-in" }] }, { data: [] }])(
  "the built-in answers only are named as that, and not before it is known: %j",
  async (models) => {
    const seen: ServerStatus[] = [];
    http.answer(() => {
      seen.push(status());
      return json(200, models);
    });
    await lookAs("ann")();
    expect([seen, status()]).toEqual([[ready], { ...ready, model: null }]);
  },
);

test.each(["{", "[]"])("nothing is said of the model when the models are %s", async (body) => {
  http.answer(() => ({ status: 200, headers: {}, body }));
  await lookAs("ann")();
  expect(status()).toEqual(ready);
});

test("the name of the model stays on show while the server is looked at again", async () => {
  const look = lookAs("ann");
  await look();
  const seen: ServerStatus[] = [];
  http.answer(() => {
    seen.push(status());
    return json(200, { data: [{ id: "llama4" }] });
  });
  await look();
  expect([seen, status()]).toEqual([[{ ...ready, model: "llama3.2" }], { ...ready, model: "llama4" }]);
});

test("a server that is away is told with its cure, until it is back", async () => {
  const look = lookAs(undefined);
  find = () => Promise.reject(new PipitError("SERVER_UNREACHABLE", "Start it."));
  await look();
  expect(status()).toEqual({ kind: "unreachable", code: "SERVER_UNREACHABLE", message: "Start it." });
  find = async () => found;
  await look();
  expect(status()).toEqual(ready);
});

test("a machine without a network says nothing of the server", async () => {
  const look = lookAs(undefined);
  await look();
  online = false;
  find = () => Promise.reject(new PipitError("SERVER_UNREACHABLE", "No network."));
  await look();
  expect(status()).toEqual(ready);
});
