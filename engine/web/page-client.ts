import { v7 as uuidV7 } from "uuid";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Settings } from "#contract/settings.ts";
import type { OwnAccountClient } from "#engine/account/own-account-client.ts";
import type { AppClient, FoundServer } from "#engine/app/app-ports.ts";
import { createChatEngine } from "#engine/chat/chat-engine.ts";
import type { ChatEngineDeps } from "#engine/chat/chat-engine-api.ts";
import { createEventLink, type EventLink } from "#engine/events/event-link.ts";
import { createHistoryClient } from "#engine/history/history-client.ts";
import { createModelConnectionClient } from "#engine/model/model-connection-client.ts";
import type { AskServer, Credentials, HttpClient } from "#engine/ports.ts";
import { withReports } from "#engine/program-events/reports.ts";
import type { OwnRooms } from "#engine/rooms/own-rooms.ts";
import { systemClock } from "#engine/system-clock.ts";
import { errorOfStranger } from "#engine/wire/http-error.ts";
import { createSignedInHttp } from "#engine/wire/signed-in.ts";
import { CookieSession } from "./cookie-session.ts";
import { createPageEventSockets } from "./event-socket.ts";
import { createPageHttpClient } from "./http-client.ts";
import { createKeptHistory } from "./kept-history.ts";
import { createLazyAsk } from "./lazy-ask.ts";
import { createPageReports } from "./page-reports.ts";
import type { PageStorage } from "./page-storage.ts";
import { createSignInLink, type SignInLinkOptions } from "./sign-in-link.ts";

export interface PageClientOptions
  extends Pick<ChatEngineDeps, "speaker" | "hardwareId" | "locale" | "logger">, SignInLinkOptions {
  /** Where the page came from. */
  readonly serverUrl: string;
  readonly storage: Pick<PageStorage, "outbox" | "values" | "kept" | "database">;
  /** See `Settings`; may change. */
  readonly reports: () => Settings["reports"];
  /** The one-time code that the page was opened with, once. */
  readonly takeSignInCode: () => string | undefined;
}

export interface PageClient extends AppClient {
  /** The user's own account; its code comes when it is first asked for. */
  openAccount(): Promise<OwnAccountClient>;
}

/** The client of the server that the page came from; signed in by a cookie. Contacts nothing. */
export function openPageClient(options: PageClientOptions, settings: Settings): PageClient {
  const { serverUrl, storage, logger, takeSignInCode } = options;
  const { speak, searchAllChats, historySize } = settings;
  const http = createPageHttpClient(serverUrl);
  const session = new CookieSession(http, storage, logger);
  const link = createSignInLink(session, options);
  const api = createSignedInHttp(http, session);
  const { kept, outbox, database } = storage;
  const reports = createPageReports({ database, session, api, logger, choice: options.reports });
  const asked = createHistoryClient(api);
  const remembered = kept && createKeptHistory({ history: asked, session, kept, logger, ...ahead() });
  const history = remembered ?? asked;
  let events: EventLink | undefined;
  const engine = createChatEngine({
    ...options,
    // A quarter of the page's code, which is not needed before the first question.
    ask: withReports(
      createLazyAsk(() => loadAsk(serverUrl, session, logger)),
      reports,
    ),
    history,
    session,
    outbox,
    clock: systemClock,
    newId: uuidV7,
    random: Math.random,
    options: { speak, searchAllChats, maxMessages: historySize },
  });
  engine.onSettled(({ chatId }) => {
    if (chatId === engine.store.getState().chatId) void remembered?.keepShown(engine.store.getState());
  });
  return {
    engine,
    session,
    outbox,
    history,
    modelConnection: createModelConnectionClient(api),
    importChats: importBy(serverUrl, session),
    openRooms: () => loaded(serverUrl, loadRooms(serverUrl, session, api)),
    async signIn(signal) {
      const code = takeSignInCode();
      await session.restore(signal);
      if (code !== undefined) await link.open(code, signal);
    },
    async login(request, _showDevice, signal) {
      switch (request.kind) {
        case "token":
          return await session.signInWithToken(request.token, signal);
        case "password":
          return await session.signInWithPassword(request, signal);
        case "link":
          return await link.signIn(request.digits, signal);
        case "register":
          return await session.register(request, signal);
        case "local":
        case "browser":
        case "device":
        case "kept":
          throw new PipitError(
            "NOT_ALLOWED",
            "A page cannot sign in by itself. Sign in with a password, or open a fresh one-time address: run `npx pipit web` on the server's machine.",
          );
      }
    },
    listen(onNews) {
      void idle().then(reports.resume);
      const deps = { session, api, clock: systemClock, random: Math.random, logger, onNews };
      events = createEventLink({ ...deps, open: createPageEventSockets(serverUrl) });
      return events.say;
    },
    logout: (signal) => session.signOut(signal),
    openAccount: () => openAccount(api, session),
    findServer: (signal) => findServer(http, serverUrl, signal),
    async [Symbol.asyncDispose]() {
      events?.[Symbol.dispose]();
      reports[Symbol.dispose]();
      await engine[Symbol.asyncDispose]();
      session[Symbol.dispose]();
    },
  };
}

async function openAccount(api: HttpClient, session: CookieSession): Promise<OwnAccountClient> {
  const { createOwnAccountClient } = await import("#engine/account/own-account-client.ts");
  return createOwnAccountClient(api, () => void session.restore(new AbortController().signal));
}

/** Safari has no call for it, and any browser may be busy for long. */
const IDLE_AFTER_MS = 2_000;

/** Nobody who has asked their browser to save data gets more than they open (https://wicg.github.io/savedata/). */
function ahead(): { readonly idle?: () => Promise<void> } {
  const { connection } = navigator as { readonly connection?: { readonly saveData?: boolean } };
  return connection?.saveData === true ? {} : { idle };
}

async function idle(): Promise<void> {
  await new Promise<void>((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve(), { timeout: IDLE_AFTER_MS });
    else setTimeout(resolve, IDLE_AFTER_MS);
  });
}

/** Its code comes with the first file. */
function importBy(serverUrl: string, credentials: Credentials): AppClient["importChats"] {
  return async (file, how, signal) => {
    const [{ importChats }, { createSendFile }] = await Promise.all([
      import("#engine/history/import-chats.ts"),
      import("./send-file.ts"),
    ]);
    return await importChats(createSendFile(serverUrl, credentials), file, how, signal);
  };
}

async function findServer(http: HttpClient, httpUrl: string, signal: AbortSignal): Promise<FoundServer> {
  const health = await http.request({ method: "GET", path: "/health" }, signal);
  const stranger = errorOfStranger(health);
  if (stranger !== undefined) throw stranger;
  // The page cannot use the local account's secret, wherever the server runs.
  if (health.status === 200) return { httpUrl, own: false };
  const message = "The server runs, but its database does not answer. Its log has the details.";
  throw new PipitError("SERVER_UNREACHABLE", message, { detail: `HTTP ${health.status}` });
}

async function loadAsk(serverUrl: string, credentials: Credentials, logger: Logger): Promise<AskServer> {
  const { createPageAsk } = await loaded(serverUrl, import("./page-transport.ts"));
  return createPageAsk(serverUrl, credentials, logger);
}

async function loadRooms(serverUrl: string, credentials: Credentials, http: HttpClient): Promise<OwnRooms> {
  const [{ createPageTransport }, { createOwnRooms }] = await Promise.all([
    import("./page-transport.ts"),
    import("#engine/rooms/own-rooms.ts"),
  ]);
  return createOwnRooms(createPageTransport(serverUrl, credentials), http);
}

/** What the page is still to be sent. */
async function loaded<T>(serverUrl: string, code: Promise<T>): Promise<T> {
  try {
    return await code;
  } catch (cause) {
    const message = `Cannot reach the Pipit server at ${serverUrl}. Check that it runs and that you are online.`;
    throw new PipitError("SERVER_UNREACHABLE", message, { cause });
  }
}
