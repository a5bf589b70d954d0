import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createStore, type StoreApi } from "zustand/vanilla";
import { PipitError } from "#contract/pipit-error.ts";
import type { SignedInAccount } from "#contract/auth-state.ts";
import type { ServerLook } from "#contract/sign-in.ts";
import { defaultSettings, mergeSettings, type Settings } from "#contract/settings.ts";
import { createChatHarness, type ChatHarness } from "#engine/testing/chat-harness.ts";
import { createFakeHttp, json } from "#engine/testing/fake-http.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createModelConnectionClient } from "#engine/model/model-connection-client.ts";
import { App } from "./app.ts";
import type { AppClient, AppPorts, FoundServer } from "./app-ports.ts";

const works = { available: true } as const;
const cannot = { available: false, reason: "browser-cannot" } as const;
const picture = { bytes: new Uint8Array([1]), widthPx: 1, heightPx: 1 };
const serverLook: ServerLook = {
  version: "1",
  ways: { password: true, registration: false, browser: true, device: true },
  clockAheadMs: 0,
};
const away = new PipitError("SERVER_UNREACHABLE", "Start it.");

let settings: StoreApi<Settings>;
/** What happened outside the application, in order. */
let log: string[];
let listening: number;
let chat: ChatHarness;
/** What the client of a server does. */
let client: Pick<AppClient, "signIn" | "login" | "findServer">;
/** What the machine keeps. */
let kept: SignedInAccount[];
let leave: () => Promise<void>;
let keep: () => Promise<void>;
let refuse: PipitError | undefined;
let look: () => Promise<ServerLook>;
let app: App;
/** The server's HTTP. */
const http = createFakeHttp();

function open(otherServers: AppPorts["initial"]["features"]["otherServers"] = works): App {
  return new App({
    settings: {
      store: settings,
      async update(patch) {
        if (refuse !== undefined) throw refuse;
        settings.setState(mergeSettings(settings.getState(), patch), true);
        await keep();
      },
    },
    async openClient({ serverUrl }) {
      log.push(`open ${serverUrl}`);
      chat = createChatHarness();
      return {
        ...client,
        engine: chat.engine,
        session: { ...chat.session, place: () => ({ kind: "memory" }) },
        history: {
          modelName: async (_signal: AbortSignal, chatId?: string) => chatId && `model of ${chatId}`,
        } as unknown as AppClient["history"],
        modelConnection: createModelConnectionClient(http),
        listen: () => void (listening += 1),
        logout: async () => chat.session.signOut(),
        accounts: {
          list: async () => [...kept],
          signOut: async (accountId) => {
            log.push(`sign out ${accountId} at ${serverUrl}`);
            await leave();
          },
        },
        [Symbol.asyncDispose]: async () => void log.push(`close ${serverUrl}`),
      };
    },
    lookAtServer: async (serverUrl) => {
      log.push(`look ${serverUrl}`);
      return await look();
    },
    window: {
      captureScreen: async ({ area }) => (area === "screen" ? picture : Promise.reject(away)),
      listWindows: async () => [],
      openLink: async (address) => void log.push(address),
      openScreenSettings: async () => void log.push("screen settings"),
      copyText: async (text) => void log.push(text),
      saveDraft: async (text) => void log.push(text),
      hide: async () => void log.push("hide"),
      prompts: async () => {
        throw away;
      },
    },
    setVolume: (volume) => log.push(`volume ${volume}`),
    onProblem: ({ code }) => log.push(`problem ${code}`),
    initial: {
      face: "desktop",
      platform: "linux",
      version: "0",
      systemLocale: "en",
      hotkey: { kind: "off" },
      features: {
        screenshot: works,
        sound: works,
        globalHotkey: works,
        startAtLogin: works,
        otherServers,
      },
    },
    logger: createFakeLogger(),
  });
}

beforeEach(() => {
  listening = 0;
  settings = createStore<Settings>(() => defaultSettings);
  log = [];
  kept = [];
  leave = async () => undefined;
  client = {
    signIn: async () => void log.push("sign in"),
    login: async (request) => void log.push(`login ${"token" in request ? request.token : request.kind}`),
    findServer: async () => ({ httpUrl: "http://127.0.0.1:1", own: true }),
  };
  keep = async () => undefined;
  look = async () => serverLook;
  refuse = undefined;
  app = open();
});
afterEach(() => app[Symbol.asyncDispose]());

describe("a start", () => {
  test("signs in, finds the server and takes up what waits", async () => {
    await app.start();
    expect(app.state.getState()).toMatchObject({
      server: { kind: "ready", own: true },
      tokenPlace: { kind: "memory" },
      settings: defaultSettings,
    });
    expect(log).toEqual(["open ", "sign in"]);
    expect(listening).toBe(1);
  });

  test("U15: and names the model of each chat that is opened", async () => {
    await app.start();
    for (const chatId of ["a", "b"]) {
      chat.engine.openChat(chatId, []);
      await expect.poll(() => app.state.getState().server).toMatchObject({ model: `model of ${chatId}` });
    }
  });

  test("without a server says so in the state, once", async () => {
    client = {
      ...client,
      signIn: () => Promise.reject(away),
      findServer: () => Promise.reject(away),
    };
    app = open();
    await app.start();
    expect(app.state.getState().server).toMatchObject({ kind: "unreachable", message: "Start it." });
    expect(log).toEqual(["open ", "open "]);
  });

  test("that fails for another reason is a problem that the person is told of", async () => {
    await app.start();
    log = [];
    chat.outbox.list = () => Promise.reject(new PipitError("STORAGE_CORRUPT", "Damaged."));
    await app.start();
    expect(log).toEqual(["sign in", "problem STORAGE_CORRUPT"]);
    expect(app.state.getState().server.kind).toBe("ready");
  });
});

describe("a change of the settings", () => {
  beforeEach(() => settings.setState({ speak: true }));

  test("reaches the engine and the loudspeaker, and is shown", async () => {
    await app.commands.updateSettings({ speak: false, searchAllChats: true, historySize: 50, volume: 0.5 });
    expect(app.state.getState().settings).toMatchObject({ speak: false, volume: 0.5 });
    expect(app.chat.getState()).toMatchObject({ speak: false, searchAllChats: true });
    expect(log).toEqual(["open ", "volume 0.5"]);
  });

  test("that another window made reaches the engine too", async () => {
    await app.start();
    settings.setState({ speak: false });
    await expect.poll(() => app.chat.getState().speak).toBe(false);
    expect(app.state.getState().settings.speak).toBe(false);
  });

  test("to speak again is taken although the setting never changed: the loudspeaker had failed", async () => {
    await app.start();
    chat.engine.setSpeak(false);
    await app.commands.updateSettings({ speak: true });
    expect(app.chat.getState().speak).toBe(true);
  });

  test("that cannot be kept rejects", async () => {
    keep = () => Promise.reject(new PipitError("STORAGE_FULL", "Full."));
    await expect(app.commands.updateSettings({ volume: 0 })).rejects.toMatchObject({ code: "STORAGE_FULL" });
  });
});

describe("another server", () => {
  const token = { serverUrl: "https://other", token: "t" };

  test("gets a client of its own, and the one before is closed", async () => {
    await app.start();
    await app.commands.signInWithToken(token);
    expect(log).toEqual(["open ", "sign in", "open https://other", "login t", "close ", "sign in"]);
    expect(settings.getState()).toMatchObject({ serverUrl: "https://other", servers: ["https://other"] });
  });

  test("is looked at although the look at the one before hangs, and what that finds later is not shown", async () => {
    const hanging = Promise.withResolvers<FoundServer>();
    const finds = [hanging.promise, Promise.resolve({ httpUrl: "https://other", own: false })];
    client = { ...client, findServer: async () => (await finds.shift()) ?? Promise.reject(away) };
    await app[Symbol.asyncDispose]();
    app = open();
    void app.start();
    await expect.poll(() => finds.length).toBe(1);
    await app.commands.updateSettings({ serverUrl: "https://other" });
    const other = { kind: "ready", httpUrl: "https://other" };
    expect(app.state.getState().server).toMatchObject(other);
    hanging.resolve({ httpUrl: "https://before", own: false });
    await new Promise(setImmediate);
    expect(app.state.getState().server).toMatchObject(other);
  });

  test("that refuses the token leaves everything as it was", async () => {
    const refusal = new PipitError("TOKEN_INVALID", "No.");
    await app.start();
    client = { ...client, login: () => Promise.reject(refusal) };
    await expect(app.commands.signInWithToken(token)).rejects.toBe(refusal);
    expect(settings.getState()).toBe(defaultSettings);
    expect(log).toEqual(["open ", "sign in", "open https://other", "close https://other"]);
  });
  test("whose address the host does not take closes what signed in there", async () => {
    const refusal = new PipitError("CONFIG_INVALID", "No.");
    refuse = refusal;
    await expect(app.commands.signInWithToken(token)).rejects.toBe(refusal);
    expect(log).toEqual(["open ", "open https://other", "login t", "close https://other"]);
  });

  test("is no choice for a page, which knows only its own", async () => {
    await using page = open(cannot);
    await page.commands.signInWithToken(token);
    expect([settings.getState().serverUrl, log.at(-1)]).toEqual(["", "login t"]);
  });
});

describe("signing in", () => {
  const ann = { serverUrl: "", login: "ann", password: "p" };
  const untilAborted = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  test("is done once at a time: the next ends the one before, as does giving it up", async () => {
    const asked: unknown[] = [];
    client = {
      ...client,
      login: async (request, _show, signal) => {
        asked.push(request);
        await untilAborted(signal);
      },
    };
    await app[Symbol.asyncDispose]();
    app = open();
    const first = app.commands.signInWithPassword(ann);
    const gaveWay = expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => asked.length).toBe(1);
    const second = app.commands.register({ ...ann, displayName: "Ann" });
    await gaveWay;
    const givenUp = expect(second).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => asked.length).toBe(2);
    await app.commands.cancelSignIn();
    await givenUp;
    expect(asked).toEqual([
      { kind: "password", login: "ann", password: "p" },
      { kind: "register", login: "ann", password: "p", displayName: "Ann" },
    ]);
  });
  test("by another device shows what to do there, for as long as it waits", async () => {
    const prompt = { userCode: "ABCD-EFGH", verificationUri: "https://x/device", expiresAtMs: 1 };
    const approved = Promise.withResolvers<void>();
    client = {
      ...client,
      login: async (_request, show) => {
        show(prompt);
        await approved.promise;
      },
    };
    await app[Symbol.asyncDispose]();
    app = open();
    const signedIn = app.commands.signInByDevice({ serverUrl: "" });
    await expect.poll(() => app.state.getState().devicePrompt).toEqual(prompt);
    approved.resolve();
    await signedIn;
    expect(app.state.getState().devicePrompt).toBeUndefined();
  });
  test("looks first at how the server does it: at the last address that was typed, or where the own one answers", async () => {
    const hanging = Promise.withResolvers<ServerLook>();
    const looks = [hanging.promise, Promise.resolve(serverLook)];
    look = async () => (await looks.shift()) ?? Promise.reject(away);
    void app.commands.lookAtServer({ serverUrl: "https://a" });
    expect(await app.commands.lookAtServer({ serverUrl: "" })).toEqual(serverLook);
    expect(log.slice(1)).toEqual(["look https://a", "look http://127.0.0.1:1"]);
    hanging.resolve(serverLook);
  });
});
describe("several accounts", () => {
  const account = (serverUrl: string, accountId: string, active = false): SignedInAccount => ({
    serverUrl,
    accountId,
    accountName: accountId,
    local: false,
    active,
  });
  const shown = () => app.state.getState().accounts?.map(({ accountId }) => accountId);
  test("are shown as they change, and one whose sign-out waits for its server is gone at once", async () => {
    kept = [account("", "ann", true), account("", "bob")];
    await app.start();
    chat.session.signIn("ann");
    await expect.poll(shown).toEqual(["ann", "bob"]);
    const told = Promise.withResolvers<void>();
    leave = () => told.promise;
    const leaving = app.commands.signOutAccount({ serverUrl: "", accountId: "bob" });
    await expect.poll(shown).toEqual(["ann"]);
    kept = [account("", "ann", true)];
    told.resolve();
    await leaving;
    expect(shown()).toEqual(["ann"]);
    expect(app.auth.getState()).toMatchObject({ kind: "signed-in" });
    await app.commands.signOutAccount({ serverUrl: "", accountId: "ann" });
    expect(app.auth.getState()).toMatchObject({ kind: "signed-out", reason: "logout" });
    expect(log).not.toContain("sign out ann at ");
  });
  test("of another server: a switch opens its client, and is taken only when the account is there", async () => {
    const there = { serverUrl: "https://other", accountId: "bob" };
    const gone = new PipitError("SIGNED_OUT", "No.");
    await app.start();
    client = { ...client, login: () => Promise.reject(gone) };
    await expect(app.commands.switchAccount(there)).rejects.toBe(gone);
    expect(settings.getState()).toBe(defaultSettings);
    const asked: unknown[] = [];
    client = { ...client, login: async (request) => void asked.push(request) };
    log = [];
    await app.commands.switchAccount(there);
    expect(asked).toEqual([{ kind: "kept", accountId: "bob" }]);
    expect(log).toEqual(["open https://other", "close ", "sign in"]);
    expect(settings.getState().serverUrl).toBe("https://other");
  });
  test("of another server: is signed out there, and the one in use stays", async () => {
    await app.start();
    chat.session.signIn("ann");
    log = [];
    await app.commands.signOutAccount({ serverUrl: "https://other", accountId: "ann" });
    expect(log).toEqual(["open https://other", "sign out ann at https://other", "close https://other"]);
    expect(app.auth.getState()).toMatchObject({ kind: "signed-in", accountId: "ann" });
  });
});
describe("reconnect", () => {
  test("says what keeps the server away; the quiet one does not", async () => {
    client = { ...client, findServer: () => Promise.reject(away) };
    app = open();
    await expect(app.commands.reconnect()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await app.resume();
  });

  test("signs in when the start could not", async () => {
    await app.start();
    log = [];
    chat.session.signOut("expired");
    await app.commands.reconnect();
    chat.session.signIn("ann");
    await app.commands.reconnect();
    expect(log).toEqual(["sign in"]);
  });
});

test("no picture is taken when that is switched off", async () => {
  expect(await app.commands.captureScreen({ area: "screen" })).toBe(picture);
  await app.commands.updateSettings({ screenshot: "never" });
  const never = { code: "NOT_ALLOWED" };
  await expect(app.commands.captureScreen({ area: "region" })).rejects.toMatchObject(never);
  await expect(app.commands.listWindows()).rejects.toMatchObject(never);
});

describe("connecting a model", () => {
  test("the next check ends the one before, as does leaving it", async () => {
    const asked: string[] = [];
    http.answer((request, signal) => {
      asked.push(request.body ?? "");
      signal.throwIfAborted();
      const held = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => held.reject(signal.reason));
      return held.promise;
    });
    const first = app.commands.checkModel({ url: "http://a" });
    const refused = expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => asked.length).toBe(1);
    const second = app.commands.checkModel({ url: "http://b", key: "k" });
    await refused;
    const left = expect(second).rejects.toMatchObject({ code: "CANCELLED" });
    await app.commands.stopModelCheck();
    await left;
    expect(asked).toEqual(['{"url":"http://a"}', '{"url":"http://b","key":"k"}']);
  });

  test("a model that is saved or given up is looked at anew", async () => {
    http.answer(() => json(200, { from: "saved", url: "http://a/v1", model: "m", has_key: true }));
    const looks = vi.fn(client.findServer);
    client = { ...client, findServer: looks };
    app = open();
    expect(await app.commands.saveModel({ url: "http://a", model: "m" })).toEqual({
      from: "saved",
      url: "http://a/v1",
      model: "m",
      hasKey: true,
    });
    http.answer(() => json(200, { from: "none", has_key: false }));
    expect(await app.commands.forgetModel()).toMatchObject({ from: "none" });
    expect(looks).toHaveBeenCalledTimes(2);
  });
});
