import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { defaultSettings } from "#contract/settings.ts";
import { away, createAppHarness, picture, type AppHarness } from "#engine/testing/app-harness.ts";
import { roomQueueOf } from "#engine/rooms/room-queue.ts";
import { outboxRow } from "#engine/testing/outbox-suite.ts";
import { json } from "#engine/testing/fake-http.ts";

let at: AppHarness;
beforeEach(() => void (at = createAppHarness()));
afterEach(() => at.app[Symbol.asyncDispose]());

describe("a start", () => {
  test("signs in, finds the server and takes up what waits", async () => {
    await at.app.start();
    expect(at.app.state.getState()).toMatchObject({
      server: { kind: "ready", own: true },
      tokenPlace: { kind: "memory" },
      settings: defaultSettings,
    });
    expect(at.log).toEqual(["open ", "sign in"]);
    expect(at.listening).toBe(1);
  });

  test("[14] takes up what waits to be sent to a room, though none is looked at; else their code stays away", async () => {
    await at.app.start();
    await at.app.resumeOutbox();
    expect(at.log).not.toContain("open rooms");
    await at.chat.outbox.add(outboxRow("1", { accountId: roomQueueOf("ann"), chatKey: "r" }));
    await at.app.resumeOutbox();
    await expect.poll(() => at.log).toContain("open rooms");
    expect(at.app.chat.getState().messages).toEqual([]);
  });

  test("U15: and names the model of each chat that is opened", async () => {
    await at.app.start();
    for (const chatId of ["a", "b"]) {
      at.chat.engine.openChat(chatId, []);
      await expect.poll(() => at.app.state.getState().server).toMatchObject({ model: `model of ${chatId}` });
    }
  });

  test("without a server says so in the state, once", async () => {
    at.client = {
      ...at.client,
      signIn: () => Promise.reject(away),
      findServer: () => Promise.reject(away),
    };
    at.app = at.open();
    await at.app.start();
    expect(at.app.state.getState().server).toMatchObject({ kind: "unreachable", message: "Start it." });
    expect(at.log).toEqual(["open ", "open "]);
  });

  test("that fails for another reason is a problem that the person is told of", async () => {
    await at.app.start();
    at.log = [];
    at.chat.outbox.list = () => Promise.reject(new PipitError("STORAGE_CORRUPT", "Damaged."));
    await at.app.start();
    expect(at.log).toEqual(["sign in", "problem STORAGE_CORRUPT"]);
    expect(at.app.state.getState().server.kind).toBe("ready");
  });
});

describe("a change of the settings", () => {
  beforeEach(() => at.settings.setState({ speak: true }));

  test("reaches the engine and the loudspeaker, and is shown", async () => {
    await at.app.commands.updateSettings({
      speak: false,
      searchAllChats: true,
      historySize: 50,
      volume: 0.5,
    });
    expect(at.app.state.getState().settings).toMatchObject({ speak: false, volume: 0.5 });
    expect(at.app.chat.getState()).toMatchObject({ speak: false, searchAllChats: true });
    expect(at.log).toEqual(["open ", "volume 0.5"]);
  });

  test("that another window made reaches the engine too", async () => {
    await at.app.start();
    at.settings.setState({ speak: false });
    await expect.poll(() => at.app.chat.getState().speak).toBe(false);
    expect(at.app.state.getState().settings.speak).toBe(false);
  });

  test("to speak again is taken although the setting never changed: the loudspeaker had failed", async () => {
    await at.app.start();
    at.chat.engine.setSpeak(false);
    await at.app.commands.updateSettings({ speak: true });
    expect(at.app.chat.getState().speak).toBe(true);
  });

  test("that cannot be kept rejects", async () => {
    at.keep = () => Promise.reject(new PipitError("STORAGE_FULL", "Full."));
    await expect(at.app.commands.updateSettings({ volume: 0 })).rejects.toMatchObject({
      code: "STORAGE_FULL",
    });
  });
});

describe("reconnect", () => {
  test("says what keeps the server away; the quiet one does not", async () => {
    at.client = { ...at.client, findServer: () => Promise.reject(away) };
    at.app = at.open();
    await expect(at.app.commands.reconnect()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await at.app.resume();
  });

  test("signs in when the start could not", async () => {
    await at.app.start();
    at.log = [];
    at.chat.session.signOut("expired");
    await at.app.commands.reconnect();
    at.chat.session.signIn("ann");
    await at.app.commands.reconnect();
    expect(at.log).toEqual(["sign in"]);
  });
});

test("no picture is taken when that is switched off", async () => {
  expect(await at.app.commands.captureScreen({ area: "screen" })).toBe(picture);
  await at.app.commands.updateSettings({ screenshot: "never" });
  const never = { code: "NOT_ALLOWED" };
  await expect(at.app.commands.captureScreen({ area: "region" })).rejects.toMatchObject(never);
  await expect(at.app.commands.listWindows()).rejects.toMatchObject(never);
});

describe("connecting a model", () => {
  test("the next check ends the one before, as does leaving it", async () => {
    const asked: string[] = [];
    at.http.answer((request, signal) => {
      asked.push(request.body ?? "");
      signal.throwIfAborted();
      const held = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => held.reject(signal.reason));
      return held.promise;
    });
    const first = at.app.commands.checkModel({ url: "http://a" });
    const refused = expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => asked.length).toBe(1);
    const second = at.app.commands.checkModel({ url: "http://b", key: "k" });
    await refused;
    const left = expect(second).rejects.toMatchObject({ code: "CANCELLED" });
    await at.app.commands.stopModelCheck();
    await left;
    expect(asked).toEqual(['{"url":"http://a"}', '{"url":"http://b","key":"k"}']);
  });

  test("a model that is saved or given up is looked at anew", async () => {
    at.http.answer(() => json(200, { from: "saved", url: "http://a/v1", model: "m", has_key: true }));
    const looks = vi.fn(at.client.findServer);
    at.client = { ...at.client, findServer: looks };
    at.app = at.open();
    expect(await at.app.commands.saveModel({ url: "http://a", model: "m" })).toEqual({
      from: "saved",
      url: "http://a/v1",
      model: "m",
      hasKey: true,
    });
    at.http.answer(() => json(200, { from: "none", has_key: false }));
    expect(await at.app.commands.forgetModel()).toMatchObject({ from: "none" });
    expect(looks).toHaveBeenCalledTimes(2);
  });
});

describe("a chat of the list", () => {
  const stored = { id: "c", title: "New", created_at: 1, updated_at: 1 };

  test("that is shown has its new title at once, as the server has it; another one changes nothing here", async () => {
    at.chat.engine.openChat("c", [], "Old");
    at.http.answer(() => json(200, stored));
    await at.app.commands.changeChat({ chatId: "c", title: " New " });
    expect(at.app.chat.getState()).toMatchObject({ chatId: "c", title: "New" });
    at.http.answer(() => json(200, { ...stored, id: "d", title: "Other" }));
    await at.app.commands.changeChat({ chatId: "d", title: "Other" });
    expect(at.app.chat.getState()).toMatchObject({ chatId: "c", title: "New" });
  });

  test("that is shown has the title that another device has given it when the list is read again", async () => {
    at.chat.engine.openChat("c", [], "Old");
    at.http.answer(() => json(200, { data: [{ ...stored, id: "d", title: "Other" }, stored] }));
    await at.app.commands.listChats({ archived: false });
    expect(at.app.chat.getState()).toMatchObject({ chatId: "c", title: "New" });
  });

  test("that is shown and deleted makes room for an empty one, unless the server does not know it", async () => {
    at.chat.engine.openChat("c", [], "Old");
    at.http.answer(() => json(404, { detail: "Chat not found" }));
    const gone = { code: "CHAT_NOT_FOUND" };
    await expect(at.app.commands.deleteChat({ chatId: "c" })).rejects.toMatchObject(gone);
    expect(at.app.chat.getState().chatId).toBe("c");
    at.http.answer(() => ({ status: 204, headers: {}, body: "" }));
    await at.app.commands.deleteChat({ chatId: "c" });
    expect(at.app.chat.getState().chatId).toBeUndefined();
    expect(at.http.requests.at(-1)).toMatchObject({ method: "DELETE", path: "/v1/chats/c" });
  });
});
