import { beforeEach, describe, expect, test } from "vitest";
import { createStore } from "zustand/vanilla";
import type { AuthState } from "#contract/auth-state.ts";
import { initialChatState, type ChatState } from "#contract/chat-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AppClient } from "./app-ports.ts";
import { createCurrentClient } from "./current-client.ts";

function fakeClient(name: string, log: string[]) {
  const chat = createStore<ChatState>(() => ({ ...initialChatState, title: name }));
  const auth = createStore<AuthState>(() => ({ kind: "signed-out" }));
  const client = {
    engine: { store: chat },
    session: { store: auth },
    [Symbol.asyncDispose]: async () => void log.push(`${name} closed`),
  } as unknown as AppClient;
  return { chat, auth, client };
}

let log: string[];
beforeEach(() => {
  log = [];
});

describe("the client of the server that is set", () => {
  test("is followed by stores that outlive it", async () => {
    const [one, two] = [fakeClient("one", log), fakeClient("two", log)];
    const next = [one.client, two.client];
    const current = createCurrentClient(async () => {
      const client = next.shift();
      if (client === undefined) throw new Error("no more");
      return client;
    });
    expect(current.chat.getState()).toEqual(initialChatState);
    expect(await current.get()).toBe(one.client);
    expect(current.chat.getState().title).toBe("one");
    one.auth.setState({ kind: "signing-in" });
    expect(current.auth.getState().kind).toBe("signing-in");

    expect(await current.replace()).toBe(two.client);
    expect(log).toEqual(["one closed"]);
    one.chat.setState({ title: "stale" });
    expect([current.chat.getState().title, current.auth.getState().kind]).toEqual(["two", "signed-out"]);

    await current[Symbol.asyncDispose]();
    expect(log).toEqual(["one closed", "two closed"]);
    await expect(current.replace()).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("that cannot be opened says why to every caller, and the next one works", async () => {
    const works = fakeClient("works", log);
    let broken = true;
    const current = createCurrentClient(async () => {
      if (broken) throw new PipitError("STORAGE_UNREADABLE", "no");
      return works.client;
    });
    await expect(current.get()).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
    await expect(current.replace()).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
    broken = false;
    expect(await current.replace()).toBe(works.client);
    expect(await current.get()).toBe(works.client);
  });
});
