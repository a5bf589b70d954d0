import { createStore, type StoreApi } from "zustand/vanilla";
import type { SignedInAccount } from "#contract/auth-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { defaultSettings, mergeSettings, type Settings } from "#contract/settings.ts";
import type { ServerLook } from "#contract/sign-in.ts";
import type { AppClient, AppPorts } from "#engine/app/app-ports.ts";
import { App } from "#engine/app/app.ts";
import type { News } from "#engine/events/news.ts";
import { createHistoryClient } from "#engine/history/history-client.ts";
import { createModelConnectionClient } from "#engine/model/model-connection-client.ts";
import { createChatHarness, type ChatHarness } from "./chat-harness.ts";
import { createFakeHttp, type FakeHttp } from "./fake-http.ts";
import { createFakeLogger } from "./fake-logger.ts";

const works = { available: true } as const;
export const picture = { bytes: new Uint8Array([1]), widthPx: 1, heightPx: 1 };
export const serverLook: ServerLook = {
  version: "1",
  ways: { password: true, registration: false, browser: true, device: true },
  clockAheadMs: 0,
};
export const away = new PipitError("SERVER_UNREACHABLE", "Start it.");

/** An application whose servers, machine and window are played by the test, which may change each of them at any time. */
export interface AppHarness {
  readonly settings: StoreApi<Settings>;
  /** What happened outside the application, in order. */
  log: string[];
  /** How many clients listen for the server's events. */
  listening: number;
  /** The server tells the client that was opened last what happens. */
  tell: (news: News) => void;
  /** Of the client that was opened last. */
  chat: ChatHarness;
  /** What the client of a server does. */
  client: Pick<AppClient, "signIn" | "login" | "findServer">;
  /** What the machine keeps. */
  kept: SignedInAccount[];
  /** Signs a kept account out. */
  leave: () => Promise<void>;
  /** Writes changed settings down. */
  keep: () => Promise<void>;
  /** Why the host does not take changed settings. */
  refuse?: PipitError;
  look: () => Promise<ServerLook>;
  /** The server's HTTP. */
  readonly http: FakeHttp;
  /** The first is opened by the harness, and closed by the test. */
  app: App;
  open(otherServers?: AppPorts["initial"]["features"]["otherServers"]): App;
}

export function createAppHarness(): AppHarness {
  const at: Omit<AppHarness, "app"> = {
    settings: createStore<Settings>(() => defaultSettings),
    log: [],
    listening: 0,
    tell: () => undefined,
    chat: createChatHarness(),
    client: {
      signIn: async () => void at.log.push("sign in"),
      login: async (request) =>
        void at.log.push(`login ${"token" in request ? request.token : request.kind}`),
      findServer: async () => ({ httpUrl: "http://127.0.0.1:1", own: true }),
    },
    kept: [],
    leave: async () => undefined,
    keep: async () => undefined,
    look: async () => serverLook,
    http: createFakeHttp(),
    open: (otherServers = works) => new App(portsOf(at, otherServers)),
  };
  return Object.assign(at, { app: at.open() });
}

function portsOf(
  at: Omit<AppHarness, "app">,
  otherServers: AppPorts["initial"]["features"]["otherServers"],
): AppPorts {
  return {
    settings: {
      store: at.settings,
      async update(patch) {
        if (at.refuse !== undefined) throw at.refuse;
        at.settings.setState(mergeSettings(at.settings.getState(), patch), true);
        await at.keep();
      },
    },
    async openClient({ serverUrl }) {
      at.log.push(`open ${serverUrl}`);
      at.chat = createChatHarness();
      return {
        ...at.client,
        engine: at.chat.engine,
        outbox: at.chat.outbox,
        session: { ...at.chat.session, place: () => ({ kind: "memory" }) },
        history: {
          ...createHistoryClient(at.http),
          modelName: async (_signal: AbortSignal, chatId?: string) => (chatId ? `model of ${chatId}` : null),
        },
        modelConnection: createModelConnectionClient(at.http),
        importChats: async () => {
          throw away;
        },
        openRooms: async () => {
          at.log.push("open rooms");
          throw away;
        },
        listen(onNews) {
          at.listening += 1;
          at.tell = onNews;
          return () => undefined;
        },
        logout: async () => at.chat.session.signOut(),
        accounts: {
          list: async () => [...at.kept],
          signOut: async (accountId) => {
            at.log.push(`sign out ${accountId} at ${serverUrl}`);
            await at.leave();
          },
        },
        [Symbol.asyncDispose]: async () => void at.log.push(`close ${serverUrl}`),
      };
    },
    lookAtServer: async (serverUrl) => {
      at.log.push(`look ${serverUrl}`);
      return await at.look();
    },
    window: {
      captureScreen: async ({ area }) => (area === "screen" ? picture : Promise.reject(away)),
      listWindows: async () => [],
      replaceSelection: async () => ({ pasted: false }),
      openLink: async (address) => void at.log.push(address),
      openScreenSettings: async () => void at.log.push("screen settings"),
      copyText: async (text) => void at.log.push(text),
      saveDraft: async (text) => void at.log.push(text),
      hide: async () => void at.log.push("hide"),
      prompts: async () => {
        throw away;
      },
    },
    setVolume: (volume) => at.log.push(`volume ${volume}`),
    onRoomNews: ({ kind, room = "-", roomSeq }) => at.log.push(`${kind} ${room} ${roomSeq}`),
    onProblem: ({ code }) => at.log.push(`problem ${code}`),
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
  };
}
