import { readFileSync } from "node:fs";
import type { CdpParams, CdpSession } from "./chromium/cdp.ts";
import { theBrowser } from "./chromium/browser.ts";
import { FrameTree } from "./frames.ts";
import { followRequests, type NavigationRequest } from "./network.ts";
import { PageIpc } from "./page-ipc.ts";
import { isolatedWorldSource, ISOLATED_WORLD, mainWorldSource, SEND_BINDING } from "./in-page/page-worlds.ts";
import { platform } from "./platform.ts";
import { schemes } from "./session.ts";
import { NotInStandInError } from "./strict.ts";
import type { WebContents } from "./web-contents.ts";

/** What a window's page may do; Electron's defaults are filled in. */
export interface WebPreferences {
  readonly preload?: string;
  readonly contextIsolation: boolean;
  readonly nodeIntegration: boolean;
  readonly nodeIntegrationInSubFrames: boolean;
  readonly sandbox: boolean;
  readonly webSecurity: boolean;
  readonly webviewTag: boolean;
  readonly allowRunningInsecureContent: boolean;
  readonly experimentalFeatures: boolean;
  readonly spellcheck: boolean;
  readonly additionalArguments: readonly string[];
}

/** One page of Chromium, as the contents of a window. */
export class PageTarget {
  readonly frames: FrameTree;
  readonly #contents: WebContents;
  readonly #preferences: WebPreferences;
  readonly #opened: Promise<CdpSession>;
  readonly #ipc: PageIpc;
  targetId = "";
  windowId = 0;
  title = "";
  crashed = false;
  loading = false;
  rendererPid = 0;
  #cdp: CdpSession | undefined;
  #closed = false;
  /** Main itself asked for the next document, so `will-navigate` is not for it. */
  #expectedNavigations = 0;

  constructor(contents: WebContents, preferences: WebPreferences) {
    this.#contents = contents;
    this.#preferences = preferences;
    this.frames = new FrameTree(schemes, {
      send: (frameId, channel, args) => this.#ipc.deliverTo(frameId, channel, args),
      evaluate: (_frameId, code) => this.evaluate(code),
    });
    this.#ipc = new PageIpc(contents, this.frames, preferences.preload);
    this.#opened = this.#open();
    this.#opened.catch((error: unknown) => {
      if (!this.#closed) console.error("stand-in: the window failed to open:", error);
    });
  }

  async #open(): Promise<CdpSession> {
    const { connection } = await theBrowser();
    const params = { url: "about:blank", newWindow: true };
    const { targetId } = await connection.root.send<{ readonly targetId: string }>(
      "Target.createTarget",
      params,
    );
    this.targetId = targetId;
    const cdp = await connection.attach(targetId);
    this.#cdp = cdp;
    this.#follow(cdp);
    const target = { targetId };
    const window = await connection.root.send<{ windowId: number }>("Browser.getWindowForTarget", target);
    this.windowId = window.windowId;
    await Promise.all([cdp.send("Page.enable"), cdp.send("Runtime.enable"), cdp.send("Inspector.enable")]);
    await this.frames.follow(cdp);
    await cdp.send("Runtime.addBinding", { name: SEND_BINDING, executionContextName: ISOLATED_WORLD });
    await this.#addScripts(cdp);
    await followRequests({
      cdp,
      session: this.#contents.session,
      mayNavigate: (request) => this.#mayNavigate(request),
    });
    if (this.#closed) await connection.root.send("Target.closeTarget", target);
    return cdp;
  }

  async #addScripts(cdp: CdpSession): Promise<void> {
    const preferences = this.#preferences;
    const { preload } = preferences;
    const options = {
      tag: `stand-in-${crypto.randomUUID()}`,
      preloadPath: preload,
      preloadCode: preload === undefined ? "" : readFileSync(preload, "utf8"),
      inSubFrames: preferences.nodeIntegrationInSubFrames,
      schemes: schemes.serviceWorkers(),
      process: {
        platform,
        arch: process.arch,
        type: "renderer",
        sandboxed: true,
        contextIsolated: true,
        argv: [process.execPath, ...preferences.additionalArguments],
        env: {},
        versions: process.versions,
      },
    };
    await cdp.send("Page.addScriptToEvaluateOnNewDocument", { source: mainWorldSource(options) });
    await cdp.send("Page.addScriptToEvaluateOnNewDocument", {
      worldName: ISOLATED_WORLD,
      source: isolatedWorldSource(options),
    });
  }

  #follow(cdp: CdpSession): void {
    const contents = this.#contents;
    this.#ipc.follow(cdp);
    cdp.on("Page.frameStartedLoading", (event: { frameId: string }) => {
      if (event.frameId === this.frames.mainId) this.#setLoading(true);
    });
    cdp.on("Page.frameStoppedLoading", (event: { frameId: string }) => {
      if (event.frameId === this.frames.mainId) this.#setLoading(false);
    });
    cdp.on("Page.domContentEventFired", () => contents.emit("dom-ready", {}));
    cdp.on("Page.loadEventFired", () => contents.emit("did-finish-load", {}));
    cdp.on("Page.frameNavigated", (event: { frame: { id: string; parentId?: string } }) => {
      this.crashed = false;
      if (event.frame.parentId === undefined) contents.emit("did-navigate", {}, contents.getURL(), 200, "OK");
    });
    cdp.on("Page.navigatedWithinDocument", (event: { frameId: string }) => {
      contents.emit(
        "did-navigate-in-page",
        {},
        contents.getURL(),
        event.frameId === this.frames.mainId,
        1,
        1,
      );
    });
    cdp.on("Page.frameRequestedNavigation", (event: { frameId: string; url: string }) => {
      // Chromium asks the system about unknown schemes instead of the network, so no request is seen.
      const seenAsRequest = /^(https?|about|blob|data|javascript):/i.test(event.url);
      const frame = this.frames.get(event.frameId);
      if (!seenAsRequest && frame !== undefined) this.#ask(frame.parent === null, frame, event.url);
    });
    cdp.on("Page.windowOpen", (event: { url: string; windowName: string; windowFeatures: string[] }) => {
      const url = schemes.fromChromium(event.url);
      contents.windowOpenRequested(url, event.windowName, event.windowFeatures.join(","));
    });
    cdp.on("Page.javascriptDialogOpening", () =>
      cdp.sendQuietly("Page.handleJavaScriptDialog", { accept: true }),
    );
    cdp.on("Inspector.targetCrashed", () => {
      this.crashed = true;
      this.#ipc.forgetWorlds();
      contents.emit("render-process-gone", {}, { reason: "crashed", exitCode: 133 });
    });
    type ConsoleCall = {
      readonly type: string;
      readonly args: readonly { value?: unknown; description?: string }[];
    };
    cdp.on("Runtime.consoleAPICalled", (event: ConsoleCall) => {
      const message = event.args.map((arg) => String(arg.value ?? arg.description)).join(" ");
      const level =
        event.type === "error" || event.type === "warning" || event.type === "debug" ? event.type : "info";
      contents.emit("console-message", {
        level,
        message,
        lineNumber: 0,
        sourceId: "",
        frame: this.frames.mainFrame,
      });
    });
  }

  #setLoading(loading: boolean): void {
    if (this.loading === loading) return;
    this.loading = loading;
    this.#contents.emit(loading ? "did-start-loading" : "did-stop-loading", {});
  }

  #mayNavigate({ url, frameId, redirected }: NavigationRequest): boolean {
    const frame = this.frames.get(frameId);
    if (frame === undefined) return true;
    const isMain = frameId === this.frames.mainId;
    if (redirected) return this.#contents.allows("will-redirect", frame, url);
    if (isMain && this.#expectedNavigations > 0) {
      this.#expectedNavigations -= 1;
      return true;
    }
    return this.#ask(isMain, frame, url);
  }

  #ask(isMain: boolean, frame: Parameters<WebContents["allows"]>[1], url: string): boolean {
    const allowed = this.#contents.allows("will-frame-navigate", frame, url);
    return allowed && (!isMain || this.#contents.allows("will-navigate", frame, url));
  }

  /** Does this once the window is open; nothing where it was closed before it had opened. */
  #whenOpen(work: (cdp: CdpSession) => void): void {
    void this.#opened.then(work, () => undefined);
  }

  /** To the main frame's preload; lost when there is none yet, as in Electron. */
  deliver(channel: string, args: readonly unknown[]): void {
    this.#ipc.deliverTo(this.frames.mainId, channel, args);
  }

  async navigate(url: string): Promise<void> {
    const cdp = await this.#opened;
    if (/^file:/i.test(url)) throw new NotInStandInError("file: pages");
    const loaded = new Promise<void>((resolve) => cdp.once("Page.loadEventFired", () => resolve()));
    if (/^(https?):/i.test(schemes.toChromium(url))) this.#expectedNavigations += 1;
    type Answer = { readonly errorText?: string };
    const { errorText } = await cdp.send<Answer>("Page.navigate", { url: schemes.toChromium(url) });
    if (errorText === undefined) return loaded;
    this.#expectedNavigations = 0;
    const reason = errorText.replace("net::", "");
    this.#contents.emit("did-fail-load", {}, -2, reason, url, true, 1, 1);
    throw Object.assign(new Error(`${reason} (-2) loading '${url}'`), { code: reason, errno: -2, url });
  }

  reload(): void {
    this.#whenOpen((cdp) => {
      this.#expectedNavigations += 1;
      cdp.sendQuietly("Page.reload");
    });
  }

  stop(): void {
    this.#cdp?.sendQuietly("Page.stopLoading");
  }
  activate(): void {
    this.#whenOpen((cdp) => cdp.sendQuietly("Page.bringToFront"));
  }
  /** Playwright keeps pages focused, so Chromium itself never says this. */
  tellFocus(event: "focus" | "blur"): void {
    const expression = `window.dispatchEvent(new FocusEvent("${event}"))`;
    this.#cdp?.sendQuietly("Runtime.evaluate", { expression, silent: true });
  }
  crash(): void {
    this.#whenOpen((cdp) => cdp.sendQuietly("Page.crash"));
  }

  /** Size of the page in DIP; the screen's scale comes with it. */
  setSize(width: number, height: number, deviceScaleFactor: number): void {
    const params = { width, height, deviceScaleFactor, mobile: false };
    this.#whenOpen((cdp) => cdp.sendQuietly("Emulation.setDeviceMetricsOverride", params));
  }

  async evaluate(code: string): Promise<unknown> {
    const cdp = await this.#opened;
    type Answer = {
      readonly result: { readonly value?: unknown };
      readonly exceptionDetails?: {
        readonly text: string;
        readonly exception?: { readonly description?: string };
      };
    };
    const params = { expression: code, awaitPromise: true, returnByValue: true, userGesture: false };
    const { result, exceptionDetails } = await cdp.send<Answer>("Runtime.evaluate", params);
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** As typed by the person, and so that they can undo it. */
  async type(text: string): Promise<void> {
    const cdp = await this.#opened;
    await cdp.send("Input.insertText", { text });
  }

  async screenshot(): Promise<Buffer> {
    const cdp = await this.#opened;
    const { data } = await cdp.send<{ readonly data: string }>("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }

  /** Shown or hidden, for `document.visibilityState` and everything that Chromium saves in a hidden page. */
  setVisible(visible: boolean): void {
    const bounds = { windowState: visible ? "normal" : "minimized" };
    this.#whenOpen(() => this.#askBrowser("Browser.setWindowBounds", { windowId: this.windowId, bounds }));
  }

  close(): void {
    this.#closed = true;
    const { targetId } = this;
    if (targetId === "") return;
    this.#askBrowser("Target.closeTarget", { targetId });
  }

  #askBrowser(method: string, params: CdpParams): void {
    void theBrowser().then(({ connection }) => connection.root.sendQuietly(method, params));
  }
}
