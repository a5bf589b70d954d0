import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { App as ElectronApp, Dialog } from "electron";
import * as z from "zod/mini";
import type { UpdateProblem } from "#contract/app-state.ts";
import type { ChatState } from "#contract/chat-state.ts";
import type { Logger } from "#contract/logger.ts";
import { parseJson } from "#contract/parse-json.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { systemClock } from "#engine/system-clock.ts";
import type { JsonFile } from "../shell/json-file.ts";
import type { DesktopTexts } from "../shell/texts.ts";
import { Updates, type UpdateMemory } from "./updates.ts";

export interface UpdateHost {
  readonly app: Pick<ElectronApp, "isPackaged" | "getAppPath" | "getVersion">;
  readonly dialog: Pick<Dialog, "showMessageBox">;
  readonly chat: ReadonlyStore<ChatState>;
  readonly texts: () => DesktopTexts;
  /** Opens the page of the downloads in the person's browser. */
  readonly openPage: (address: string) => Promise<void>;
  readonly memory: JsonFile<UpdateMemory>;
  readonly logger: Logger;
}

/** A download may be slow, but not silent, ms. */
const STALL_MS = 60_000;

const manifestSchema = z.object({ updateKey: z.string(), homepage: z.string() });
/**
 * The updates of a packaged app, with what it asks of the person; undefined for a source tree, and for a package that was
 * made without an address and a key for them (docs/releasing.md).
 */
export async function openUpdates(host: UpdateHost): Promise<UpdateDialogs | undefined> {
  const { app, memory, logger } = host;
  if (!app.isPackaged) return undefined;
  const text = await readFile(join(app.getAppPath(), "package.json"), "utf8").catch(() => "");
  const manifest = manifestSchema.safeParse(parseJson(text)).data;
  if (manifest === undefined) return undefined;
  // Loaded only here: no source tree has a use for it.
  const { default: electronUpdater } = await import("electron-updater");
  const updates = new Updates({
    updater: electronUpdater.autoUpdater,
    currentVersion: app.getVersion(),
    publicKey: manifest.updateKey,
    memory,
    chat: host.chat,
    clock: systemClock,
    logger,
    stallMs: STALL_MS,
  });
  return new UpdateDialogs(updates, host, manifest.homepage);
}

/** Asks and tells in the system's own dialogs, because a window may be hidden and an app in the tray has no other. */
export class UpdateDialogs {
  readonly #updates: Updates;
  readonly #host: UpdateHost;
  readonly #page: string;

  constructor(updates: Updates, host: UpdateHost, page: string) {
    this.#updates = updates;
    this.#host = host;
    this.#page = page;
  }

  get state(): Updates["state"] {
    return this.#updates.state;
  }

  /** Tells when the last installation came to nothing. */
  async start(): Promise<void> {
    await this.#updates.start();
    const state = this.state.getState();
    if (state.kind === "failed") await this.#tell(state.problem);
  }

  /** A person has chosen "Check for updates" or "Update to": looks, asks, installs, and tells what came of it. */
  async choose(): Promise<void> {
    const now = this.state.getState();
    const found = now.kind === "available" ? now : await this.#updates.check();
    if (found.kind === "failed") await this.#tell(found.problem);
    if (found.kind === "current") await this.#tellCurrent(found.offered);
    if (found.kind !== "available" || !(await this.#accepts(found.version, found.notes))) return;
    const ended = await this.#updates.install();
    if (ended.kind === "failed") await this.#tell(ended.problem);
  }

  [Symbol.dispose](): void {
    this.#updates[Symbol.dispose]();
  }

  async #accepts(version: string, notes: string): Promise<boolean> {
    const texts = this.#host.texts().update;
    const { response } = await this.#host.dialog.showMessageBox({
      type: "info",
      message: texts.offer(version),
      detail: [notes, texts.howItGoes].filter((text) => text !== "").join("\n\n"),
      buttons: [texts.install, texts.later],
      defaultId: 0,
      cancelId: 1,
    });
    return response === 0;
  }

  async #tellCurrent(offered: string): Promise<void> {
    const texts = this.#host.texts().update;
    const own = this.#host.app.getVersion();
    const message = offered === own ? texts.newest(own) : texts.older(offered, own);
    await this.#host.dialog.showMessageBox({ type: "info", message, buttons: [texts.close] });
  }

  async #tell(problem: UpdateProblem): Promise<void> {
    const texts = this.#host.texts().update;
    const { what, cure } = texts.problems[problem];
    const { response } = await this.#host.dialog.showMessageBox({
      type: "warning",
      message: what,
      detail: `${cure}\n\n${texts.stays}`,
      buttons: [texts.openPage, texts.close],
      defaultId: 1,
      cancelId: 1,
    });
    if (response === 0) await this.#host.openPage(this.#page);
  }
}
