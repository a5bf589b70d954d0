import { beforeEach, describe, expect, test } from "vitest";
import { createStore } from "zustand/vanilla";
import type { AuthState } from "#contract/auth-state.ts";
import { initialChatState, type ChatState } from "#contract/chat-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import { createPresentClient } from "./present-client.ts";

function fakeClient(name: string, log: string[]) {
  const chat = createStore<ChatState>(() => ({ ...initialChatState, title: name }));
  const auth = createStore<AuthState>(() => ({ kind: "signed-out" }));
  const client = {
    engine: { store: chat },
    session: { store: auth },
    [Symbol.asyncDispose]: async () => void log.push(`${name} closed`),
  } as unknown as Client;
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
    const present = createPresentClient(async () => {
      const client = next.shift();
      if (client === undefined) throw new Error("no more");
      return client;
    });
    expect(present.chat.getState()).toEqual(initialChatState);
    expect(await present.get()).toBe(one.client);
    expect(present.chat.getState().title).toBe("one");
    one.auth.setState({ kind: "signing-in" });
    expect(present.auth.getState().kind).toBe("signing-in");

    expect(await present.replace()).toBe(two.client);
    expect(log).toEqual(["one closed"]);
    one.chat.setState({ title: "stale" });
    expect([present.chat.getState().title, present.auth.getState().kind]).toEqual(["two", "signed-out"]);

    await present[Symbol.asyncDispose]();
    expect(log).toEqual(["one closed", "two closed"]);
    await expect(present.replace()).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("that cannot be opened says why to everybody who asks, and the next one works", async () => {
    const works = fakeClient("works", log);
    let broken = true;
    const present = createPresentClient(async () => {
      if (broken) throw new PipitError("STORAGE_UNREADABLE", "no");
      return works.client;
    });
    await expect(present.get()).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
    await expect(present.replace()).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
    broken = false;
    expect(await present.replace()).toBe(works.client);
    expect(await present.get()).toBe(works.client);
  });
});
