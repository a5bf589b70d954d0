import { v7 as uuidv7 } from "uuid";
import type { AuthState } from "#contract/auth-state.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Settings } from "#contract/settings.ts";
import { languageOfLocale } from "#contract/language.ts";
import { createChatEngine } from "#engine/chat/chat-engine.ts";
import { createEventLink, type SayToRoom } from "#engine/events/event-link.ts";
import type { News } from "#engine/events/news.ts";
import { createHistoryClient, type HistoryClient } from "#engine/history/history-client.ts";
import type { ChildLauncher } from "./processes/child-launcher.ts";
import { createProgramEvents, type ProgramEvents } from "./events/program-events.ts";
import { createFileLogger } from "./files/file-logger.ts";
import { loadHardwareId } from "./files/hardware-id.ts";
import { readLocalSecret } from "./backend/local-secret.ts";
import { createServerLink, type ServerLink } from "./backend/server-link.ts";
import { createHistoryFile } from "./history/history-file.ts";
import { keepHistory } from "./history/keep-history.ts";
import { createEventSockets } from "./http/event-socket.ts";
import { createSignOutMarker } from "./keychain/sign-out-marker.ts";
import { scopeServer } from "./keychain/token-store-scope.ts";
import { serverOf, type ClientServer } from "./keychain/token-store.ts";
import { openOutbox } from "./files/sqlite-outbox.ts";
import { importChats, type ImportOptions } from "#engine/history/import-chats.ts";
import { createModelConnectionClient } from "#engine/model/model-connection-client.ts";
import type { AskServer, HttpClient, KeptAccount, OutboxRow, Speaker, TokenStore } from "#engine/ports.ts";
import { createOwnRooms } from "#engine/rooms/own-rooms.ts";
import { Session } from "#engine/session/session.ts";
import { keepPushing } from "#engine/program-events/keep-pushing.ts";
import { QUEUED_EVENTS_MAX } from "#engine/program-events/push-events.ts";
import { reportsTo, withReports } from "#engine/program-events/reports.ts";
import { createAsk } from "#engine/wire/ask.ts";
import { createRpcTransport } from "#engine/wire/rpc-transport.ts";
import { createSignedInHttp, signedIn } from "#engine/wire/signed-in.ts";
import { systemClock } from "#engine/system-clock.ts";

/** Longest that a report waits for other programs of its home. */
const REPORT_TIMEOUT_MS = 15_000;

/** Everything a program on Node needs to talk; disposed of as one. */
export type Client = Awaited<ReturnType<typeof openClient>>;

export interface ClientOptions {
  readonly server: ClientServer;
  /** Program of the server, to be started when none is named and none runs. */
  readonly serverEntry: string;
  /** How the server is started. Default: by Node. */
  readonly launcher?: ChildLauncher | undefined;
  /** OAuth client id (contract/auth-wire.ts). */
  readonly clientId: string;
  /** BCP 47. */
  readonly locale: string;
  /** Whether the history tools may read all chats. */
  readonly searchAllChats: boolean;
  /** The model to ask, of those that the server lists. Default: the chosen one. */
  readonly model?: string | undefined;
  /** Messages kept in the state. Default: HISTORY_MAX_MESSAGES. */
  readonly maxMessages?: number;
  /** Whether what is said is kept in a file of this home, too (`createHistoryFile`); may change. Default: no. */
  readonly keepsHistory?: () => boolean;
  /** Events that are kept until they are sent; beyond it the oldest go. Default: QUEUED_EVENTS_MAX. */
  readonly maxQueuedEvents?: number | undefined;
  /** Which servers are told how this program is used; may change. Default: none. */
  readonly reports?: () => Settings["reports"];
  readonly speak: boolean;
  readonly speaker: Speaker | undefined;
  /** On its way: opening it takes a helper process. */
  readonly tokenStore: Promise<TokenStore>;
}

/** Composes the engine with its Node hosts. Contacts no server. */
export async function openClient(options: ClientOptions) {
  const { home, serverUrl: httpUrl, grpcUrl } = options.server;
  const { launcher, serverEntry } = options;
  const logger = createFileLogger(home);
  const { serverUrl, ownServer } = serverOf(options.server);
  await using cleanup = new AsyncDisposableStack();
  const outbox = cleanup.use(await openOutbox({ home, logger }));
  const [tokenStore, hardwareId] = await Promise.all([options.tokenStore, loadHardwareId({ home, logger })]);
  const link = cleanup.use(createServerLink({ home, httpUrl, grpcUrl, launcher, serverEntry, logger }));
  const session = cleanup.use(
    new Session({
      tokenStore,
      http: link.http,
      localSecret: () => readLocalSecret(home, logger),
      listenForRedirect: async (take) => {
        const { createRedirectListener } = await import("./http/loopback-redirect.ts");
        return createRedirectListener(languageOfLocale(options.locale))(take);
      },
      clock: systemClock,
      logger,
      clientId: options.clientId,
      serverUrl,
    }),
  );
  const api = createSignedInHttp(link.http, session);
  const history = createHistoryClient(api);
  const programEvents = programEventsOf(options, session, api, logger);
  const events = cleanup.use(new DisposableStack());
  const rpc = createRpcTransport(link.rpc, session);
  const engine = cleanup.use(
    createChatEngine({
      ask: reporting(
        keepingHistory(createAsk(rpc, logger), history, options),
        programEvents,
        options,
        logger,
      ),
      history,
      session,
      outbox,
      ...(options.speaker === undefined ? {} : { speaker: options.speaker }),
      clock: systemClock,
      logger,
      hardwareId,
      locale: options.locale,
      newId: uuidv7,
      random: Math.random,
      options: {
        speak: options.speak,
        searchAllChats: options.searchAllChats,
        ...(options.maxMessages === undefined ? {} : { maxMessages: options.maxMessages }),
        ...(options.model === undefined ? {} : { model: options.model }),
      },
    }),
  );
  const owned = cleanup.move();
  return {
    engine,
    session,
    outbox,
    link,
    /** The server's data lies in this home: the local account is ours. */
    ownServer,
    /** The server's HTTP, signed in. Throws as `signedIn`. */
    api,
    history,
    ...filesOf(session, link),
    modelConnection: createModelConnectionClient(api),
    rooms: createOwnRooms(rpc, api),
    programEvents,
    /** What the signed-in account's outbox holds, oldest first. */
    async unanswered(): Promise<readonly OutboxRow[]> {
      const state = session.store.getState();
      return state.kind === "signed-in" ? outbox.list(state.accountId) : [];
    },
    ...listening({ session, api, link, programEvents, logger }, events),
    ...signingIn(session, link, options.server, ownServer),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function keepingHistory(
  ask: AskServer,
  history: HistoryClient,
  { server: { home }, locale, keepsHistory = () => false }: ClientOptions,
): AskServer {
  const { nowMs } = systemClock;
  const isTemporary = async (chatId: string, signal: AbortSignal) =>
    (await history.chat(chatId, signal)).temporary === true;
  const file = createHistoryFile({ home, nowMs });
  return keepHistory(ask, { file, isWanted: keepsHistory, isTemporary, nowMs, locale });
}

function reporting(
  ask: AskServer,
  events: ProgramEvents,
  { clientId }: ClientOptions,
  logger: Logger,
): AskServer {
  const { nowMs } = systemClock;
  const of = { aggregate_type: "Client", aggregate_id: clientId };
  return withReports(ask, {
    nowMs,
    isWanted: events.takesReports,
    report(report) {
      events.add([{ ...of, ...report }], AbortSignal.timeout(REPORT_TIMEOUT_MS)).catch((error: unknown) => {
        logger.debug("events.not_queued", { code: PipitError.from(error).code });
      });
    },
  });
}

function listening(
  of: {
    readonly session: Session;
    readonly api: HttpClient;
    readonly link: ServerLink;
    readonly programEvents: ProgramEvents;
    readonly logger: Logger;
  },
  owner: DisposableStack,
) {
  return {
    /**
     * From now on, the server tells at once what happens to the account, and when it has ended the sign-in, and gets the
     * events that wait for it; to be called once.
     */
    listen(onNews: (news: News) => void = () => undefined): SayToRoom {
      const { api, link, programEvents } = of;
      const common = { ...of, clock: systemClock, random: Math.random };
      owner.use(keepPushing({ ...common, push: programEvents.pushKept }));
      return owner.use(createEventLink({ ...common, open: createEventSockets(api, link), onNews })).say;
    },
  };
}

function programEventsOf(
  {
    server,
    maxQueuedEvents: maxEvents = QUEUED_EVENTS_MAX,
    reports = () => "never",
    clientId,
  }: ClientOptions,
  session: Session,
  api: HttpClient,
  logger: Logger,
): ProgramEvents {
  const { home } = server;
  const named = serverOf(server);
  return createProgramEvents({
    home,
    server: scopeServer({ home, ...named }),
    maxEvents,
    clientId,
    takesReports: () => reportsTo(reports(), named.ownServer),
    session,
    api,
    clock: systemClock,
    logger,
  });
}

function filesOf(session: Session, { http }: ServerLink) {
  return {
    /** A file of the server's, with the sign-in. Throws as `signedIn`, and as `FileClient`. */
    download: (path: string, signal: AbortSignal) =>
      signedIn(session, signal, (headers) => http.download(path, headers, signal)),
    /** Imports a file of chats; see there. */
    importChats: (file: Blob, how: ImportOptions, signal: AbortSignal) =>
      importChats(
        (path, sent, ended) => signedIn(session, ended, (headers) => http.upload(path, headers, sent, ended)),
        file,
        how,
        signal,
      ),
  };
}

function signingIn(session: Session, link: ServerLink, server: ClientServer, ownServer: boolean) {
  const { home } = server;
  const marker = createSignOutMarker(home);
  const loginLocally = async (signal: AbortSignal): Promise<AuthState> => {
    // The secret is written by a server that runs, so there must be one first.
    await link.connect(signal);
    return session.signInLocally(signal);
  };
  return {
    /**
     * Restores the stored sign-in; on this machine's own server, signs in to the local account unless signed out on purpose.
     * `fresh`: this call signed in.
     */
    async signIn(signal: AbortSignal): Promise<{ readonly state: AuthState; readonly fresh: boolean }> {
      const state = await session.restore(signal);
      if (state.kind === "signed-in" || !ownServer || (await marker.isSet())) return { state, fresh: false };
      return { state: await loginLocally(signal), fresh: true };
    },
    /** Signs in because the person said so. */
    async login(token: string | undefined, signal: AbortSignal): Promise<AuthState> {
      const state =
        token === undefined ? await loginLocally(signal) : await session.signInWithToken(token, signal);
      await marker.clear();
      return state;
    },
    /** The accounts of this server that are signed in, the one in use first. */
    async accounts(): Promise<readonly KeptAccount[]> {
      const scope = scopeServer({ home, ...serverOf(server) });
      return (await session.accounts()).filter((account) => account.server === scope);
    },
    /** Signs in by one of the session's ways because the person said so. */
    async signInBy(way: (session: Session) => Promise<AuthState>): Promise<AuthState> {
      const state = await way(session);
      await marker.clear();
      return state;
    },
    /** @param accountId another account than the one in use, which then stays as it is */
    async logout(signal: AbortSignal, accountId?: string): Promise<void> {
      // First the marker: a crash in between must not sign in again at the next start.
      if (accountId === undefined) await marker.set();
      await session.signOut(signal, accountId);
    },
  };
}
