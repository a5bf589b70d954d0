import { describe, expect, test } from "vitest";
import { defaultSettings } from "#contract/settings.ts";
import { textsFor } from "../shell/texts.ts";
import { trayIconFile, trayView, type TrayItem, type TrayState } from "./tray-menu.ts";

const signedIn = { kind: "signed-in", accountId: "1", accountName: "ada", local: false } as const;
const idle: TrayState = {
  chat: { connection: "online", queuedCount: 0, speak: true, speaking: false },
  auth: signedIn,
  app: {
    server: { kind: "ready", httpUrl: "http://127.0.0.1:1", own: true },
    settings: defaultSettings,
    features: {
      screenshot: { available: true },
      sound: { available: true },
      globalHotkey: { available: true },
      startAtLogin: { available: true },
      otherServers: { available: true },
    },
  },
  unseen: false,
};
const en = textsFor("en", "de");
const labels = (items: readonly TrayItem[]) =>
  items.flatMap((item) => (item.kind === "separator" ? [] : [item.label]));
const ids = (items: readonly TrayItem[]) =>
  items.flatMap((item) => (item.kind === "action" ? [item.id] : []));

describe("the icon", () => {
  test.each<[string, Partial<TrayState>]>([
    ["idle", {}],
    ["busy", { chat: { ...idle.chat, activeMessageId: "m" }, unseen: true }],
    ["answered", { unseen: true }],
    ["offline", { chat: { ...idle.chat, connection: "offline" } }],
    [
      "offline",
      { app: { ...idle.app, server: { kind: "unreachable", code: "SERVER_UNREACHABLE", message: "" } } },
    ],
    ["signed-out", { auth: { kind: "signed-out" }, chat: { ...idle.chat, connection: "offline" } }],
    ["signed-out", { auth: { kind: "unknown" } }],
  ])("is %s", (icon, change) => {
    expect(trayView({ ...idle, ...change }, en).icon).toBe(icon);
  });

  test("is a template on macOS, which colours it by itself", () => {
    expect(trayIconFile("busy", "darwin")).toBe("tray-busyTemplate.png");
    expect(trayIconFile("signed-out", "linux")).toBe("tray-signed-out.png");
  });
});

describe("the menu", () => {
  test("stops a voice only while there is one", () => {
    const stop = (speaking: boolean) =>
      trayView({ ...idle, chat: { ...idle.chat, speaking } }, en).items.find(
        (item) => item.kind === "action" && item.id === "stopSpeaking",
      );
    expect([stop(false), stop(true)]).toMatchObject([{ enabled: false }, { enabled: true }]);
  });

  test("tells account and connection, and offers everything", () => {
    const { items, tooltip } = trayView(idle, en);
    expect(labels(items).slice(0, 2)).toEqual(["Signed in as ada", "Connected"]);
    expect(ids(items)).toEqual([
      "show",
      "newChat",
      "pictureRegion",
      "pictureWindow",
      "pictureScreen",
      "toggleSpeak",
      "stopSpeaking",
      "logout",
      "settings",
      "shortcuts",
      "quit",
    ]);
    expect(tooltip).toBe("Pipit\nSigned in as ada\nConnected");
  });

  test("tells how many messages wait", () => {
    const one = trayView({ ...idle, chat: { ...idle.chat, queuedCount: 1 } }, en);
    const two = trayView({ ...idle, chat: { ...idle.chat, queuedCount: 2 } }, en);
    expect([labels(one.items)[2], labels(two.items)[2]]).toEqual(["1 message waiting", "2 messages waiting"]);
  });

  test("offers to log in when signed out, but not twice", () => {
    const out = trayView({ ...idle, auth: { kind: "signed-out" } }, en).items;
    const busy = trayView({ ...idle, auth: { kind: "signing-in" } }, en).items;
    expect(out.find((item) => item.kind === "action" && item.id === "login")).toMatchObject({
      enabled: true,
    });
    expect(busy.find((item) => item.kind === "action" && item.id === "login")).toMatchObject({
      enabled: false,
    });
    expect(ids(out)).not.toContain("logout");
  });

  test("offers the accounts to switch to where there is a choice, with their servers where there are several", () => {
    const ada = { serverUrl: "", accountId: "1", accountName: "ada", local: false, active: true };
    const bob = { ...ada, accountId: "2", accountName: "bob", active: false };
    const there = { ...bob, serverUrl: "https://pipit.example.org/team" };
    const offered = (...accounts: readonly (typeof ada)[]) =>
      trayView({ ...idle, app: { ...idle.app, accounts } }, en).items.flatMap((item) =>
        item.kind === "accounts" ? item.items.map(({ label, active }) => [label, active]) : [],
      );
    expect(offered(ada)).toEqual([]);
    expect(offered(ada, bob)).toEqual([
      ["ada", true],
      ["bob", false],
    ]);
    expect(offered(bob)).toEqual([["bob", false]]);
    expect(offered({ ...ada, local: true }, there)).toEqual([
      ["this computer's account", true],
      ["bob (pipit.example.org)", false],
    ]);
  });

  test("offers updates where there can be some, by how far they are", () => {
    const label = (update: TrayState["update"]) =>
      trayView({ ...idle, update }, en).items.find((item) => item.kind === "action" && item.id === "update");
    const version = "1.1.0";
    expect(label(undefined)).toBeUndefined();
    expect(label({ kind: "failed", problem: "corrupt" })).toMatchObject({
      label: "Check for updates…",
      enabled: true,
    });
    expect(label({ kind: "available", version, notes: "" })).toMatchObject({
      label: "Update to 1.1.0…",
      enabled: true,
    });
    const downloading = { kind: "downloading", version, percent: 42 } as const;
    expect(label(downloading)).toMatchObject({ label: "Downloading 1.1.0: 42 %", enabled: false });
    expect(label({ kind: "waiting", version })).toMatchObject({ enabled: false });
    expect(labels(trayView({ ...idle, tool: true }, en).items)).toContain("Install command line tool…");
  });

  test("shows whether answers are read aloud", () => {
    const quiet = trayView({ ...idle, chat: { ...idle.chat, speak: false } }, en).items;
    expect(quiet.find((item) => item.kind === "action" && item.id === "toggleSpeak")).toMatchObject({
      checked: false,
    });
  });

  test("speaks the person's language, or the system's", () => {
    expect(labels(trayView(idle, textsFor("system", "ru-RU")).items)).toContain("Завершить Pipit");
    expect(labels(trayView(idle, textsFor("ru", "en")).items)).toContain("На связи");
    expect(labels(trayView(idle, textsFor("system", "fr-FR")).items)).toContain("Quit Pipit");
  });
});
