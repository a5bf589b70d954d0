import type { AppUpdater, CancellationToken } from "electron-updater";
import { createStore } from "zustand/vanilla";
import type { UpdateProblem, UpdateState } from "#contract/app-state.ts";
import type { ChatState } from "#contract/chat-state.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { visibleText } from "#contract/terminal-text.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { JsonFile } from "../shell/json-file.ts";
import { isSignedUpdate } from "./update-signature.ts";

/** Kept between starts. */
export interface UpdateMemory {
  /** When the server was last asked, epoch ms. */
  readonly checkedAtMs: number;
  /** The app ended in order to come back as `to`. */
  readonly installing?: { readonly from: string; readonly to: string } | undefined;
}

export interface UpdatesDeps {
  readonly updater: AppUpdater;
  readonly currentVersion: string;
  /** DER (SPKI), base64. */
  readonly publicKey: string;
  readonly memory: JsonFile<UpdateMemory>;
  readonly chat: ReadonlyStore<ChatState>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A download that brings nothing for so long has broken off, ms. */
  readonly stallMs: number;
}

const DAY_MS = 24 * 60 * 60_000;
/** Between two looks at the clock: laptops sleep through timers. */
const LOOK_EVERY_MS = 60 * 60_000;
const MOST_NOTES = 2_000;

/**
 * Newer versions of this app: looked for once a day and when a person asks, fetched and installed only when a person says
 * so, and never while an answer comes.
 */
export class Updates {
  readonly #deps: UpdatesDeps;
  readonly #state = createStore<UpdateState>(() => ({ kind: "idle" }));
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** Stops the download of what is available. */
  #offered: CancellationToken | undefined;

  constructor(deps: UpdatesDeps) {
    this.#deps = deps;
    tame(deps.updater);
  }

  get state(): ReadonlyStore<UpdateState> {
    return this.#state;
  }

  /** Tells how the last installation ended, and begins to look once a day. */
  async start(): Promise<void> {
    await this.#settle();
    this.#timer = setInterval(() => this.#lookDaily(), LOOK_EVERY_MS);
    this.#timer.unref();
    if (this.#state.getState().kind === "idle") this.#lookDaily();
  }

  /** Asks now; does nothing while something is under way. Never rejects. */
  async check(): Promise<UpdateState> {
    return this.#isBusy() ? this.#state.getState() : this.#look();
  }

  /** Fetches what is available, waits for the end of the answer, and starts the app anew. Never rejects. */
  async install(): Promise<UpdateState> {
    const now = this.#state.getState();
    if (now.kind !== "available" || this.#offered === undefined) return now;
    return this.#install(now.version, this.#offered).catch((error: unknown) =>
      this.#stop.signal.aborted ? now : this.#fail("interrupted", error),
    );
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#stop.abort();
  }

  #isBusy(): boolean {
    const { kind } = this.#state.getState();
    return kind === "checking" || kind === "downloading" || kind === "waiting";
  }

  #lookDaily(): void {
    const { clock, memory } = this.#deps;
    if (clock.nowMs() - memory.get().checkedAtMs >= DAY_MS && !this.#isBusy()) void this.#look();
  }

  async #look(): Promise<UpdateState> {
    const { updater, memory, clock, publicKey } = this.#deps;
    this.#become({ kind: "checking" });
    try {
      const found = await updater.checkForUpdates();
      await this.#remember({ ...memory.get(), checkedAtMs: clock.nowMs() });
      if (found === null) return this.#become({ kind: "idle" });
      const { updateInfo: info, isUpdateAvailable } = found;
      if (!isUpdateAvailable) return this.#become({ kind: "current", offered: info.version });
      if (!isSignedUpdate(info, publicKey)) return this.#fail("unsigned");
      this.#offered = found.cancellationToken;
      return this.#become({ kind: "available", version: info.version, notes: notesOf(info.releaseNotes) });
    } catch (error) {
      return this.#fail("unreachable", error);
    }
  }

  async #install(version: string, token: CancellationToken): Promise<UpdateState> {
    const { updater, memory, currentVersion, chat } = this.#deps;
    const onPercent = (percent: number): void => void this.#become({ kind: "downloading", version, percent });
    onPercent(0);
    const problem = await download(this.#deps, token, this.#stop.signal, onPercent);
    if (problem !== undefined) return this.#fail(problem);
    this.#become({ kind: "waiting", version });
    await whenQuiet(chat, this.#stop.signal);
    await this.#remember({ ...memory.get(), installing: { from: currentVersion, to: version } });
    updater.quitAndInstall(true, true);
    return this.#state.getState();
  }

  /** What was begun before this start: whether it came about. */
  async #settle(): Promise<void> {
    const { memory, currentVersion, logger } = this.#deps;
    const { installing, checkedAtMs } = memory.get();
    if (installing === undefined) return;
    await this.#remember({ checkedAtMs });
    if (installing.to === currentVersion) logger.info("update.installed", { ...installing });
    else this.#fail("not-installed");
  }

  #remember(next: UpdateMemory): Promise<void> {
    const { memory, logger } = this.#deps;
    return memory.set(next).catch((error: unknown) => logger.warn("update.not_remembered", { error }));
  }

  #become(next: UpdateState): UpdateState {
    this.#state.setState(next, true);
    return next;
  }

  #fail(problem: UpdateProblem, error?: unknown): UpdateState {
    this.#deps.logger.warn("update.failed", { problem, ...(error === undefined ? {} : { error }) });
    return this.#become({ kind: "failed", problem });
  }
}

/** Nothing happens by itself, nothing older is taken, and no number tells the server who asks. */
function tame(updater: AppUpdater): void {
  updater.autoDownload = false;
  updater.autoInstallOnAppQuit = false;
  updater.allowDowngrade = false;
  updater.disableWebInstaller = true;
  updater.logger = null;
  updater.requestHeaders = { "x-user-staging-id": "none" };
  // What fails is told by the promises; without a listener, the event would be thrown.
  updater.on("error", () => undefined);
}

/** @returns what went wrong; undefined when it is here and is what was signed */
async function download(
  { updater, stallMs, logger }: UpdatesDeps,
  token: CancellationToken,
  signal: AbortSignal,
  onPercent: (percent: number) => void,
): Promise<UpdateProblem | undefined> {
  const broken = Promise.withResolvers<"interrupted">();
  const giveUp = (): void => {
    token.cancel();
    broken.resolve("interrupted");
  };
  signal.addEventListener("abort", giveUp);
  let stalled = setTimeout(giveUp, stallMs);
  let shown = 0;
  const onProgress = ({ percent }: { readonly percent: number }): void => {
    clearTimeout(stalled);
    stalled = setTimeout(giveUp, stallMs);
    if (Math.floor(percent) === shown) return;
    shown = Math.floor(percent);
    onPercent(shown);
  };
  updater.on("download-progress", onProgress);
  const whole = updater.downloadUpdate(token).then(
    () => undefined,
    (error: NodeJS.ErrnoException): UpdateProblem => {
      logger.warn("update.download_failed", { error });
      return error.code === "ERR_CHECKSUM_MISMATCH" ? "corrupt" : "interrupted";
    },
  );
  try {
    return await Promise.race([whole, broken.promise]);
  } finally {
    clearTimeout(stalled);
    signal.removeEventListener("abort", giveUp);
    updater.off("download-progress", onProgress);
  }
}

/** Resolves when nothing is being answered or read aloud. */
function whenQuiet(chat: ReadonlyStore<ChatState>, signal: AbortSignal): Promise<void> {
  if (isQuiet(chat.getState())) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = chat.subscribe((state) => {
      if (!isQuiet(state)) return;
      stop();
      resolve();
    });
    signal.addEventListener("abort", () => {
      stop();
      reject(signal.reason);
    });
  });
}

function isQuiet({ activeMessageId, speaking }: ChatState): boolean {
  return activeMessageId === undefined && !speaking;
}

/** Plain text for a dialog; the notes come from the server. */
function notesOf(notes: unknown): string {
  const text = typeof notes === "string" ? notes : "";
  return visibleText(text.replaceAll(/<[^>]*>/gu, ""))
    .trim()
    .slice(0, MOST_NOTES);
}
