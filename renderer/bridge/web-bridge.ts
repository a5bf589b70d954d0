import type { Availability } from "#contract/app-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ServerLook, SignInLink } from "#contract/sign-in.ts";
import { version } from "#contract/build/version.ts";
import { App } from "#engine/app/app.ts";
import type { AppPorts } from "#engine/app/app-ports.ts";
import { systemClock } from "#engine/system-clock.ts";
import { createConsoleLogger } from "#engine/web/console-logger.ts";
import { createPageHttpClient } from "#engine/web/http-client.ts";
import { openPageClient, type PageClient } from "#engine/web/page-client.ts";
import { openPageSettings } from "#engine/web/page-settings.ts";
import { loadPageHardwareId, openPageStorage } from "#engine/web/page-storage.ts";
import { accountOf, openTabDrafts } from "#engine/web/tab-drafts.ts";
import { canPlay, WebAudioSpeaker } from "#engine/web/web-audio-speaker.ts";
// A script of its own, as the browser's audio thread needs it and the content policy wants it.
// oxlint-disable-next-line import/default -- the default export is made by the bundler
import playbackWorkletUrl from "#engine/web/playback-worklet.ts?worker&url";
import type { Bridge } from "./bridge.ts";
import { createIntentQueue } from "./intent-queue.ts";
import { copyText, openLink } from "./web-links.ts";
import { canCaptureScreen, captureScreen } from "./web-screenshot.ts";
import { takeSignInCode } from "./web-sign-in-code.ts";

const available: Availability = { available: true };
const browserCannot: Availability = { available: false, reason: "browser-cannot" };

/** The bridge of the web page: the application runs here, and talks to the server that the page came from. */
export async function createWebBridge(): Promise<Bridge> {
  const codes = [takeSignInCode(location, history)];
  const lifetime = new AbortController();
  const serverUrl = location.origin;
  const logger = createConsoleLogger();
  const intents = createIntentQueue();
  const onProblem = ({ code, message }: PipitError) => intents.push({ kind: "problem", code, message });
  const storage = await openPageStorage(logger);
  if (storage.problem !== undefined) onProblem(storage.problem);
  const [settings, hardwareId, drafts] = await Promise.all([
    openPageSettings(storage.values),
    loadPageHardwareId(storage.values),
    openTabDrafts(storage.values),
  ]);
  const [draft, roomDrafts] = await Promise.all([drafts.load(), drafts.loadRooms()]);
  const speaker = canPlay() ? new WebAudioSpeaker({ workletUrl: playbackWorkletUrl, logger }) : undefined;
  speaker?.setVolume(settings.store.getState().volume);
  const client = {
    hardwareId,
    logger,
    serverUrl,
    storage,
    ...(speaker === undefined ? {} : { speaker }),
    locale: navigator.language,
    reports: () => settings.store.getState().reports,
    takeSignInCode: () => codes.pop(),
    showSignInLink: (signInLink: SignInLink | undefined) => app.show({ signInLink }),
    onCodeRefused: onProblem,
  };
  const opened = Promise.withResolvers<PageClient>();
  const app = new App({
    settings,
    // Once: a page has one server.
    async openClient(current) {
      const page = openPageClient(client, current);
      opened.resolve(page);
      return page;
    },
    lookAtServer: (_address, signal) => lookAtOwnServer(serverUrl, signal),
    window: {
      captureScreen: async () => await captureScreen(),
      listWindows: refuse("A page cannot see the windows of other programs."),
      replaceSelection: refuse("A page cannot write into other programs."),
      openLink: async (address, asked) => openLink(address, asked),
      openScreenSettings: async () => undefined,
      copyText,
      saveDraft: (text, room) => drafts.save(text, accountOf(app.auth.getState()), room),
      hide: async () => undefined,
      async prompts() {
        const { openPagePrompts } = await import("#engine/web/page-prompts.ts");
        return openPagePrompts(storage.values, accountOf(app.auth.getState()) ?? "");
      },
    },
    setVolume: (volume) => speaker?.setVolume(volume),
    onProblem,
    isOnline: () => navigator.onLine,
    initial: initialState(),
    logger,
  });
  followPage(app, (code) => codes.push(code), lifetime.signal);
  drafts.follow(app.auth);
  void app.start();
  return {
    chat: app.chat,
    rooms: app.rooms,
    auth: app.auth,
    app: app.state,
    initialDraft: draft.text,
    roomDrafts,
    draftOwner: draft.accountId,
    commands: app.commands,
    openAccount: async () => await (await opened.promise).openAccount(),
    onIntent: (listener) => intents.listen(listener),
    async [Symbol.asyncDispose]() {
      lifetime.abort();
      await app[Symbol.asyncDispose]();
      await speaker?.[Symbol.asyncDispose]();
      for (const part of [settings, storage]) part[Symbol.dispose]();
    },
  };
}

function refuse(message: string): () => Promise<never> {
  return () => Promise.reject(new PipitError("NOT_ALLOWED", message));
}

/** A page knows only the server that it came from. Its sign-in is a cookie, which the browser gets there by password. */
async function lookAtOwnServer(serverUrl: string, signal: AbortSignal): Promise<ServerLook> {
  const { lookAtServer } = await import("#engine/session/look-at-server.ts");
  const look = await lookAtServer(createPageHttpClient(serverUrl), systemClock, signal);
  return { ...look, ways: { ...look.ways, password: true, browser: false, device: false } };
}

function initialState(): AppPorts["initial"] {
  return {
    face: "web",
    platform: "browser",
    version,
    systemLocale: navigator.language,
    hotkey: { kind: "off" },
    features: {
      screenshot: canCaptureScreen() ? available : browserCannot,
      sound: canPlay() ? available : { available: false, reason: "no-sound-device" },
      globalHotkey: browserCannot,
      startAtLogin: browserCannot,
      otherServers: browserCannot,
    },
  };
}

/** Everything that is worth another look at server and outbox; nothing here runs by the clock. */
function followPage(app: App, addCode: (code: string) => void, signal: AbortSignal): void {
  window.addEventListener("online", () => void app.resume(), { signal });
  document.addEventListener(
    "visibilitychange",
    () => {
      // Another tab may be gone by now, with messages that it had not sent.
      if (document.visibilityState === "visible") void app.resumeOutbox();
    },
    { signal },
  );
  window.addEventListener(
    "hashchange",
    () => {
      const code = takeSignInCode(location, history);
      if (code === undefined) return;
      addCode(code);
      void app.start();
    },
    { signal },
  );
}
