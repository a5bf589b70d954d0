import type { AppState } from "#contract/app-state.ts";
import type { SignedInAccount } from "#contract/auth-state.ts";
import type { ChatsPlace, ChatSummary, HistoryHit } from "#contract/chat-history.ts";
import { answer, question } from "./messages.ts";
import { keepMemories } from "./scripted-memories.ts";
import { keepProjects } from "./scripted-projects.ts";
import { tellUsage } from "./scripted-usage.ts";
import { picture } from "./sample-picture.ts";
import { failWith, type ScriptedBridge } from "./scripted-bridge.ts";

type Scene = (bridge: ScriptedBridge) => void;

const hourMs = 3_600_000;

const ann: SignedInAccount = {
  serverUrl: "https://pipit.example.org",
  accountId: "a2",
  accountName: "ann",
  local: false,
  active: false,
};
const accounts: readonly SignedInAccount[] = [
  { serverUrl: "", accountId: "a1", accountName: "Ada", local: true, active: true },
  ann,
  {
    ...ann,
    serverUrl: "https://assistant.department-of-applied-mathematics.university.example.com/pipit",
    accountId: "a3",
    accountName: "maximiliane.konstantinopolskaya-oberhuber@department.example.com",
  },
];

/** States of the frame around the chat: status, dialogs, settings, first run. */
export const shellScenes: Readonly<Record<string, Scene>> = {
  memories: (bridge) => {
    keepMemories(bridge);
    bridge.intend({ kind: "open", view: "settings" });
  },
  usage: (bridge) => {
    tellUsage(bridge);
    bridge.intend({ kind: "open", view: "settings" });
  },
  "chats-imported": (bridge) => {
    bridge.app.setState({
      chatImport: {
        kind: "done",
        report: {
          origin: "chatgpt",
          made: 128,
          extended: 2,
          unchanged: 40,
          turns: 900,
          skipped: { deleted: 1, damaged: 1 },
          skippedChats: [
            { title: "How herons fish", reason: "deleted" },
            { title: "Рецепт борща без свёклы", reason: "damaged" },
          ],
          leftOut: { pictures: 3, files: 1, cut: 2 },
          problem: "damaged",
        },
      },
    });
    bridge.intend({ kind: "open", view: "settings" });
  },
  "import-failed": (bridge) => {
    const message = "Less than 512 KiB of the file came within a minute, which is too slow.";
    bridge.app.setState({ chatImport: { kind: "failed", code: "DEADLINE_EXCEEDED", message } });
    bridge.intend({ kind: "open", view: "settings" });
  },
  settings: (bridge) => {
    bridge.app.setState(({ features }) => ({
      features: { ...features, notifications: { available: true } },
    }));
    bridge.intend({ kind: "open", view: "settings" });
  },
  capture: (bridge) => {
    const titles = ["Quarterly report.pdf", "Почта: входящие", ""];
    const colours = ["teal", "goldenrod", "slateblue"];
    bridge.answers.listWindows = () =>
      Promise.all(
        titles.map(async (title, index) => ({
          id: `w${index}`,
          title,
          bytes: (await picture(320, 200 - 30 * index, colours[index])).bytes,
        })),
      );
    bridge.intend({ kind: "open", view: "picture" });
  },
  shortcuts: (bridge) => {
    setSettings(bridge, { regionHotkey: "CommandOrControl+Shift+4" });
    bridge.intend({ kind: "open", view: "shortcuts" });
  },
  "capture-refused": (bridge) => {
    bridge.answers.listWindows = failWith(
      "SCREEN_REFUSED",
      "The system did not give a picture of the screen.",
    );
    bridge.intend({ kind: "open", view: "picture" });
  },
  "settings-limited": (bridge) => {
    bridge.app.setState({
      hotkey: { kind: "refused", accelerator: "CommandOrControl+Shift+Space", reason: "taken" },
      features: {
        screenshot: { available: false, reason: "no-display" },
        sound: { available: false, reason: "no-sound-device" },
        globalHotkey: { available: true },
        startAtLogin: { available: false, reason: "not-installed" },
        otherServers: { available: true },
        tray: { available: false, reason: "no-tray" },
      },
    });
    setSettings(bridge, { serverUrl: "https://pipit.example.org" });
    bridge.intend({ kind: "open", view: "settings" });
  },
  "settings-page": (bridge) => {
    asPage(bridge);
    bridge.intend({ kind: "open", view: "settings" });
  },
  "settings-unsaved": (bridge) => {
    bridge.answers.updateSettings = failWith("STORAGE_FULL", "There is no space left.");
    bridge.intend({ kind: "open", view: "settings" });
  },
  "hotkey-unproven": (bridge) => {
    bridge.app.setState({ hotkey: { kind: "registered", accelerator: "CommandOrControl+Shift+Space" } });
    bridge.intend({ kind: "open", view: "settings" });
  },
  account: (bridge) => {
    bridge.app.setState({
      tokenPlace: { kind: "file", fallbackReason: "The Secret Service is not running." },
    });
    bridge.chat.setState({ connection: "offline", queuedCount: 2 });
    bridge.intend({ kind: "open", view: "sign-in" });
  },
  accounts: (bridge) => {
    bridge.app.setState({ accounts });
    bridge.intend({ kind: "open", view: "sign-in" });
  },
  "accounts-signed-out": (bridge) => {
    bridge.app.setState({ accounts: accounts.filter(({ active }) => !active) });
    bridge.auth.setState({ kind: "signed-out", reason: "logout" }, true);
    bridge.intend({ kind: "open", view: "sign-in" });
  },
  chats: (bridge) => {
    listChats(bridge);
    bridge.chat.setState({ chatId: "c1", title: "A weekend in Oslo" });
    bridge.intend({ kind: "open", view: "chats" });
  },
  /** Also more projects than stand there at first. */
  projects: (bridge) => {
    listChats(bridge, "p1");
    keepProjects(bridge);
    bridge.chat.setState({ chatId: "c1", title: "A weekend in Oslo", projectId: "p1" });
    bridge.intend({ kind: "open", view: "chats" });
  },
  "chats-many": (bridge) => listManyChats(bridge, 100),
  "chats-many-at-once": (bridge) => listManyChats(bridge, 10_000),
  "chats-offline": (bridge) => {
    const asOfMs = Date.now() - 3 * hourMs;
    bridge.answers.listChats = () => ({ chats: [sampleChat(asOfMs, "c1", "A weekend in Oslo", 0)], asOfMs });
    bridge.intend({ kind: "open", view: "chats" });
  },
  "chats-empty": (bridge) => {
    bridge.answers.listChats = () => ({ chats: [] });
    bridge.intend({ kind: "open", view: "chats" });
  },
  "chats-failed": (bridge) => {
    bridge.answers.listChats = failWith(
      "SERVER_UNREACHABLE",
      "The server at 127.0.0.1:8787 does not answer.",
    );
    bridge.intend({ kind: "open", view: "chats" });
  },
  "first-run-hotkey": (bridge) => {
    setSettings(bridge, { firstRunDone: false });
    bridge.app.setState({ hotkey: { kind: "registered", accelerator: "CommandOrControl+Shift+Space" } });
  },
  "first-run-page": (bridge) => {
    asPage(bridge);
    setSettings(bridge, { firstRunDone: false });
  },
  problem: (bridge) =>
    bridge.intend({
      kind: "problem",
      code: "STORAGE_FULL",
      message: "There are 12 MB left at /home/ada/.local/share/pipit.",
    }),
  starting: (bridge) => bridge.app.setState({ server: { kind: "starting" } }),
  unreachable: (bridge) =>
    bridge.app.setState({
      server: { kind: "unreachable", code: "PORT_IN_USE", message: "Port 8787 is used by another program." },
    }),
  "built-in": (bridge) => {
    bridge.chat.setState({ connection: "unknown" });
    bridge.app.setState({
      server: {
        kind: "ready",
        httpUrl: "http://127.0.0.1:8787",
        own: true,
        model: null,
        setAside: "/home/ada/.local/share/pipit/set-aside/pipit-2026-11-21.db",
      },
    });
  },
  /** Text has come from another program, of which nothing is told yet. */
  bar: (bridge) => {
    bridge.app.setState({ windowShape: "bar" });
    const program = { name: "Writer", title: "Letter.odt", tell: "ask" } as const;
    bridge.intend({ kind: "compose", text: "Shorten: dear Sir or Madam", selected: { program } });
  },
  /** A temporary chat in it, so long that its beginning is summed up. */
  "framed-window": (bridge) => {
    bridge.app.setState({ windowShape: "window" });
    const parts = [
      { kind: "notice", code: "EARLIER_SUMMARISED", text: "Earlier part summarised" },
      { kind: "text", text: "It was the **third** of May." },
    ] as const;
    const usage = { inputTokens: 1_812, outputTokens: 9 };
    const last = answer("a1", "q1", "", { parts, turnId: "t1", usage, model: "llama3.2" });
    const messages = [question("q1", "And when was that?"), last];
    bridge.answers.earlierSummary = () => "The user told of a journey to Oslo in May, with a dog named Рекс.";
    bridge.chat.setState({ title: "A long story", temporary: true, messages });
  },
  page: asPage,
};

export function setSettings(bridge: ScriptedBridge, patch: Partial<AppState["settings"]>): void {
  bridge.app.setState(({ settings }) => ({ settings: { ...settings, ...patch } }));
}

/** The same window as a page in a browser. */
export function asPage(bridge: ScriptedBridge): void {
  const no = { available: false, reason: "browser-cannot" } as const;
  bridge.app.setState(({ features }) => ({
    face: "web",
    platform: "browser",
    hotkey: { kind: "off" },
    features: { ...features, screenshot: no, globalHotkey: no, startAtLogin: no, otherServers: no },
  }));
}

function sampleChat(nowMs: number, id: string, title: string, hoursAgo: number): ChatSummary {
  const atMs = nowMs - hoursAgo * hourMs;
  return { id, title, createdAtMs: atMs, updatedAtMs: atMs, pinned: false, archived: false };
}

/** 10,000 chats, so many in each answer. */
function listManyChats(bridge: ScriptedBridge, perPage: number): void {
  const nowMs = Date.now();
  bridge.answers.listChats = (input) => {
    const { cursor = "0" } = input as { cursor?: string };
    const from = Number(cursor);
    const chats = Array.from({ length: perPage }, (_, at) =>
      sampleChat(nowMs, `m${from + at}`, `Chat ${from + at}`, from + at),
    );
    return from + perPage < 10_000 ? { chats, next: String(from + perPage) } : { chats };
  };
}

/** @param firstIn the project of the first chat */
function listChats(bridge: ScriptedBridge, firstIn?: string): void {
  const nowMs = Date.now();
  const chat = sampleChat.bind(undefined, nowMs);
  let chats: readonly ChatSummary[] = [
    { ...chat("c1", "A weekend in Oslo", 0), ...(firstIn !== undefined && { projectId: firstIn }) },
    chat("c2", "Why is my regular expression so slow, and what can be done about it", 24),
    chat("c3", "Рецепт борща на шесть человек", 25),
    chat("c4", "", 24 * 40),
    chat("c5", "Tax on a bicycle", 24 * 400),
  ];
  let deleted: readonly ChatSummary[] = [];
  const taken = (input: unknown): ((other: ChatSummary) => boolean) => {
    const { chatId } = input as { chatId: string };
    return ({ id }) => id === chatId;
  };
  bridge.answers.listChats = (input) => {
    const { archived, projectId } = input as ChatsPlace;
    const isIn = (one: ChatSummary) => projectId === undefined || one.projectId === projectId;
    return { chats: chats.filter((one) => one.archived === archived && isIn(one)) };
  };
  bridge.answers.changeChat = (input) => {
    const { chatId, projectId, ...changes } = input as { chatId: string; projectId?: string | null };
    chats = chats.map((one) => {
      if (one.id !== chatId) return one;
      const { projectId: from, ...rest } = { ...one, ...changes };
      const to = projectId === undefined ? from : projectId;
      return { ...rest, ...(typeof to === "string" && { projectId: to }) };
    });
  };
  bridge.answers.deleteChat = (input) => {
    deleted = chats.filter(taken(input));
    chats = chats.filter((one) => !deleted.includes(one));
  };
  bridge.answers.restoreChat = () => {
    chats = [...chats, ...deleted];
  };
  bridge.answers.searchChats = (input) => {
    const { query } = input as { query: string };
    return chats
      .filter(({ title }) => title.toLowerCase().includes(query.toLowerCase()))
      .map(({ id, title, createdAtMs }): HistoryHit => ({
        chatId: id,
        chatTitle: title,
        createdAtMs,
        score: 1,
        headline: `… we spoke of ${query} and of what follows from it …`,
        highlights: [{ start: 14, end: 14 + query.length }],
        turnId: `${id}-turn`,
      }));
  };
}
