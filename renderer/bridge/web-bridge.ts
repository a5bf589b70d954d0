import { v7 as uuidV7 } from "uuid";
import { createChatEngine } from "#engine/chat/chat-engine.ts";
import type { ChatEngine } from "#engine/chat/chat-engine-api.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Settings } from "#contract/settings.ts";
import { createHistoryClient } from "#engine/history/history-client.ts";
import type { Speaker, Transport } from "#engine/ports.ts";
import { systemClock } from "#engine/system-clock.ts";
import type { ConnectTransportOptions } from "#engine/web/connect-transport.ts";
import { createConsoleLogger } from "#engine/web/console-logger.ts";
import { createCookieSession, type CookieSession } from "#engine/web/cookie-session.ts";
import { createPageHttpClient } from "#engine/web/http-client.ts";
import { createLazyTransport } from "#engine/web/lazy-transport.ts";
import { createPageServerStatus, type PageServerStatus } from "#engine/web/page-server-status.ts";
import { openPageSettings } from "#engine/web/page-settings.ts";
import { loadDraft, loadPageHardwareId, openPageStorage } from "#engine/web/page-storage.ts";
import { canPlay, createWebAudioSpeaker } from "#engine/web/web-audio-speaker.ts";
// A script of its own, as the browser's audio thread needs it and the content policy wants it.
// oxlint-disable-next-line import/default -- the default export is made by the bundler
import playbackWorkletUrl from "#engine/web/playback-worklet.ts?worker&url";
import type { Bridge } from "./bridge.ts";
import { createIntentQueue, type IntentQueue } from "./intent-queue.ts";
import { createWebAppState } from "./web-app-state.ts";
import { createWebCommands } from "./web-commands.ts";
import { takeSignInCode } from "./web-sign-in-code.ts";

/** The bridge of the web page: the engine runs here, and talks to the server that the page came from. */
export async function createWebBridge(): Promise<Bridge> {
  const code = takeSignInCode(location, history);
  const lifetime = new AbortController();
  const { signal } = lifetime;
  const serverUrl = location.origin;
  const logger = createConsoleLogger();
  const intents = createIntentQueue();
  const storage = await openPageStorage(logger);
  if (storage.problem !== undefined) intents.push(problemOf(storage.problem));
  const [settings, hardwareId, initialDraft] = await Promise.all([
    openPageSettings(storage.values),
    loadPageHardwareId(storage.values),
    loadDraft(storage.values),
  ]);
  const http = createPageHttpClient({ serverUrl });
  const session = createCookieSession({ http, values: storage.values, logger });
  const isSignedIn = () => session.store.getState().kind === "signed-in";
  const server = createPageServerStatus({
    http,
    serverUrl,
    isSignedIn,
    isOnline: () => navigator.onLine,
    logger,
  });
  // A quarter of the page's code, which nobody needs before the first question.
  const transport = createLazyTransport(() => loadTransport({ serverUrl, logger }));
  const speaker = canPlay() ? createWebAudioSpeaker({ workletUrl: playbackWorkletUrl, logger }) : undefined;
  const { speak, searchAllChats, historySize, volume } = settings.store.getState();
  speaker?.setVolume(volume);
  const engine = createChatEngine({
    transport,
    session,
    outbox: storage.outbox,
    ...(speaker === undefined ? {} : { speaker }),
    clock: systemClock,
    logger,
    hardwareId,
    locale: navigator.language,
    newId: uuidV7,
    random: Math.random,
    options: { speak, searchAllChats, maxMessages: historySize },
  });
  const app = createWebAppState(settings.store, server.store);
  const page: Page = { engine, session, server, intents, signal };
  const stops = [
    app.stop,
    settings.store.subscribe((next, previous) => applySettings(next, previous, engine, speaker)),
    ...followEvents(page),
  ];
  void start(page, code);
  return {
    chat: engine.store,
    auth: session.store,
    app: app.store,
    initialDraft,
    commands: createWebCommands({
      engine,
      session,
      settings,
      signal,
      values: storage.values,
      history: createHistoryClient(http, session),
      reconnect: () => reconnect(page),
    }),
    onIntent: (listener) => intents.listen(listener),
    async [Symbol.asyncDispose]() {
      lifetime.abort();
      for (const stop of stops) stop();
      await engine[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
      await speaker?.[Symbol.asyncDispose]();
      for (const part of [session, settings, storage]) part[Symbol.dispose]();
    },
  };
}

async function loadTransport(options: ConnectTransportOptions): Promise<Transport> {
  try {
    const { createPageTransport } = await import("#engine/web/connect-transport.ts");
    return createPageTransport(options);
  } catch (cause) {
    const message = `Cannot reach the Pipit server at ${options.serverUrl}. Check that it runs and that you are online.`;
    throw new PipitError("SERVER_UNREACHABLE", message, { cause });
  }
}

/** What works together once the page is there. */
interface Page {
  readonly engine: ChatEngine;
  readonly session: CookieSession;
  readonly server: PageServerStatus;
  readonly intents: IntentQueue;
  readonly signal: AbortSignal;
}

async function start(page: Page, code: string | undefined): Promise<void> {
  if (code === undefined) await page.session.restore(page.signal);
  else await signInWithCode(page, code);
  await takeUp(page);
}

/** A code that does not work is no reason to lose a sign-in that does. */
async function signInWithCode(page: Page, code: string): Promise<void> {
  const { session, intents, signal } = page;
  try {
    await session.signInWithCode(code, signal);
  } catch (reason) {
    if (signal.aborted) return;
    const state = await session.restore(signal);
    intents.push(problemOf(PipitError.from(reason)));
    if (state.kind !== "signed-in") intents.push({ kind: "open", view: "sign-in" });
  }
}

async function takeUp({ engine, server, intents, signal }: Page): Promise<void> {
  try {
    await Promise.all([server.look(signal), engine.resume()]);
  } catch (reason) {
    if (!signal.aborted) intents.push(problemOf(PipitError.from(reason)));
  }
}

async function reconnect(page: Page): Promise<void> {
  if (page.session.store.getState().kind !== "signed-in") await page.session.restore(page.signal);
  await takeUp(page);
}

/** Everything that is worth another look at server and outbox; nothing here runs by the clock. */
function followEvents(page: Page): readonly (() => void)[] {
  const { engine, session, server, signal } = page;
  const onOnline = () => void reconnect(page);
  const onVisible = () => {
    if (document.visibilityState === "visible") void takeUpUnsent(page);
  };
  const onHash = () => {
    const code = takeSignInCode(location, history);
    if (code !== undefined) void signInWithCode(page, code);
  };
  window.addEventListener("online", onOnline, { signal });
  document.addEventListener("visibilitychange", onVisible, { signal });
  window.addEventListener("hashchange", onHash, { signal });
  return [
    engine.store.subscribe((next, previous) => {
      if (next.connection !== previous.connection && previous.connection !== "unknown")
        void server.look(signal);
    }),
    session.store.subscribe((next, previous) => {
      if (next.kind === "signed-in" && previous.kind !== "signed-in") void server.look(signal);
    }),
  ];
}

/** Another tab may be gone by now, with messages that it had not sent. */
async function takeUpUnsent(page: Page): Promise<void> {
  if (page.session.store.getState().kind === "failed") await reconnect(page);
  else await page.engine.resume().catch(() => undefined);
}

function applySettings(
  next: Settings,
  previous: Settings,
  engine: ChatEngine,
  speaker: Speaker | undefined,
): void {
  if (next.speak !== previous.speak) engine.setSpeak(next.speak);
  if (next.searchAllChats !== previous.searchAllChats) engine.setSearchAllChats(next.searchAllChats);
  if (next.historySize !== previous.historySize) engine.setMaxMessages(next.historySize);
  if (next.volume !== previous.volume) speaker?.setVolume(next.volume);
}

function problemOf(error: PipitError): { kind: "problem"; code: PipitError["code"]; message: string } {
  return { kind: "problem", code: error.code, message: error.message };
}
