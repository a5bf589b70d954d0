import { join } from "node:path";
import { startBrowser, stopBrowser } from "./chromium/browser.ts";
import { appWindows } from "./app-windows.ts";
import { activation, onMacOnly } from "./activation.ts";
import { CommandLine } from "./command-line.ts";
import { AppPaths } from "./app-paths.ts";
import { LoginItems } from "./login-items.ts";
import { Dock, MacVisibility } from "./mac-app.ts";
import { isPackaged, platform } from "./platform.ts";
import { closeSchemeRegistration } from "./session.ts";
import { takeSingleInstance, type SingleInstance } from "./single-instance.ts";
import { NotInStandInError, preventableEvent, StrictEmitter } from "./strict.ts";

const events = [
  "will-finish-launching",
  "ready",
  "activate",
  "window-all-closed",
  "before-quit",
  "will-quit",
  "quit",
  "open-url",
  "open-file",
  "second-instance",
  "browser-window-created",
  "browser-window-focus",
  "browser-window-blur",
  "web-contents-created",
  "render-process-gone",
  "child-process-gone",
  "certificate-error",
  "select-client-certificate",
  "login",
  "gpu-info-update",
  "accessibility-support-changed",
  "did-become-active",
  "did-resign-active",
];

class App extends StrictEmitter {
  readonly isPackaged = isPackaged;
  readonly commandLine = new CommandLine();
  readonly dock = platform === "darwin" ? new Dock() : undefined;
  name = "Electron";
  userAgentFallback = "";
  accessibilitySupportEnabled = false;
  applicationMenu = null;
  /** What the app said to be, and whether it was ready by then: a change after that takes macOS its time. */
  readonly policiesForTest: { readonly policy: string; readonly ready: boolean }[] = [];
  readonly #paths = new AppPaths(
    (appData) => this.commandLine.getSwitchValue("user-data-dir") || join(appData, this.name),
  );
  readonly #loginItems = new LoginItems();
  readonly #visibility = new MacVisibility();
  readonly #protocols = new Set<string>();
  #version = "45.4.1";
  #appPath = process.cwd();
  #lock: SingleInstance | undefined;
  #ready = false;
  #quitting = false;
  #ended = false;
  #waitingForReady = false;

  constructor() {
    super("app", events);
    this.setMaxListeners(0);
    appWindows.onAllClosed = () => this.#allWindowsClosed();
    appWindows.onEvent = (event, ...args) => void this.emit(event, ...args);
    activation.onEvent = (event) => void this.emit(event, {});
  }

  /** The app's own folder, name and version; for the stand-in's own use. */
  describe(appPath: string, name: string | undefined, version: string | undefined): void {
    this.#appPath = appPath;
    this.name = name ?? this.name;
    this.#version = version ?? this.#version;
  }

  whenReady(): Promise<void> {
    this.#waitingForReady = true;
    return this.#ready ? Promise.resolve() : new Promise((resolve) => super.once("ready", () => resolve()));
  }
  get waitingForReady(): boolean {
    return this.#waitingForReady;
  }
  isReady(): boolean {
    return this.#ready;
  }

  /** Starts Chromium and says "ready"; for the stand-in's own use. */
  async start(debuggingPort: boolean, gate: Promise<void>): Promise<void> {
    if (this.#ended) return;
    const profile = join(this.getPath("sessionData"), "Chromium");
    await startBrowser({ profile, debuggingPort, switches: this.commandLine.forChromium() });
    await gate;
    if (this.#ended) return;
    closeSchemeRegistration();
    this.#ready = true;
    this.emit("will-finish-launching");
    this.emit("ready", preventableEvent(), {});
  }

  getName(): string {
    return this.name;
  }
  setName(name: string): void {
    this.name = name;
  }
  getVersion(): string {
    return this.#version;
  }
  getAppPath(): string {
    return this.#appPath;
  }
  getLocale(): string {
    return this.commandLine.getSwitchValue("lang") || systemLanguage();
  }
  getSystemLocale(): string {
    return systemLanguage();
  }
  getPreferredSystemLanguages(): string[] {
    return [systemLanguage()];
  }
  getLocaleCountryCode(): string {
    return systemLanguage().split("-")[1] ?? "";
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path);
  }
  getPath(name: string): string {
    return this.#paths.get(name);
  }
  setAppLogsPath(path?: string): void {
    this.#paths.set("logs", path ?? join(this.getPath("userData"), "logs"));
  }

  requestSingleInstanceLock(additionalData?: unknown): boolean {
    if (this.#lock !== undefined) return true;
    this.#lock = takeSingleInstance(this.getPath("userData"), additionalData, ({ argv, cwd, data }) => {
      this.emit("second-instance", preventableEvent(), argv, cwd, data);
    });
    return this.#lock !== undefined;
  }
  hasSingleInstanceLock(): boolean {
    return this.#lock !== undefined;
  }
  releaseSingleInstanceLock(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  setAsDefaultProtocolClient(protocol: string): boolean {
    this.#protocols.add(protocol);
    return true;
  }
  isDefaultProtocolClient(protocol: string): boolean {
    return this.#protocols.has(protocol);
  }
  removeAsDefaultProtocolClient(protocol: string): boolean {
    return this.#protocols.delete(protocol) && platform !== "linux";
  }
  setLoginItemSettings(request: Parameters<LoginItems["set"]>[0]): void {
    this.#loginItems.set(request);
  }
  getLoginItemSettings(): ReturnType<LoginItems["get"]> {
    return this.#loginItems.get();
  }
  setAppUserModelId(_id: string): void {}
  setAboutPanelOptions(_options: object): void {}
  setActivationPolicy(policy: "regular" | "accessory" | "prohibited"): void {
    onMacOnly("app.setActivationPolicy");
    this.policiesForTest.push({ policy, ready: this.#ready });
  }
  setAccessibilitySupportEnabled(enabled: boolean): void {
    this.accessibilitySupportEnabled = enabled;
  }
  disableHardwareAcceleration(): void {}
  enableSandbox(): void {}
  setBadgeCount(_count?: number): boolean {
    return false;
  }
  setDesktopName(_name: string): void {}
  /** macOS leaves the program that is in front there, unless it is robbed of it. */
  focus(options?: { readonly steal?: boolean }): void {
    if (platform === "darwin" && options?.steal === true) activation.activate();
  }
  isActive(): boolean {
    onMacOnly("app.isActive");
    return activation.isActive;
  }
  hide(): void {
    this.#visibility.hide();
  }
  show(): void {
    this.#visibility.show();
  }
  isHidden(): boolean {
    onMacOnly("app.isHidden");
    return this.#visibility.isHidden;
  }
  /** Test hook: the person clicks in another program. */
  otherAppTakesFocusForTest(): void {
    activation.deactivate();
  }
  getAppMetrics(): object[] {
    return [{ pid: process.pid, type: "Browser" }];
  }
  relaunch(): void {
    throw new NotInStandInError("app.relaunch");
  }

  /** before-quit, every window's close, will-quit, quit: each but the last can be prevented. */
  quit(): void {
    this.quitUnlessPrevented();
  }

  get isQuitting(): boolean {
    return this.#quitting || this.#ended;
  }

  /** False when the app has said no; for the stand-in's own use. */
  quitUnlessPrevented(): boolean {
    if (this.#quitting || this.#ended) return true;
    this.#quitting = true;
    const before = preventableEvent();
    this.emit("before-quit", before);
    const will = preventableEvent();
    const closed = !before.defaultPrevented && appWindows.closeAll();
    if (closed) this.emit("will-quit", will);
    this.#quitting = false;
    if (!closed || will.defaultPrevented) return false;
    this.#end(0);
    return true;
  }

  /** At once: no window is asked, and neither before-quit nor will-quit come. */
  exit(code = 0): void {
    appWindows.destroyAll();
    this.#end(code);
  }

  #end(code: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.emit("quit", {}, code);
    this.#lock?.release();
    void stopBrowser().finally(() => {
      // What Electron does here too: whatever still runs in main does not hold the process.
      // oxlint-disable-next-line unicorn/no-process-exit
      process.exit(code);
    });
  }

  #allWindowsClosed(): void {
    if (this.#quitting || this.#ended) return;
    if (this.listenerCount("window-all-closed") > 0) this.emit("window-all-closed");
    else this.quit();
  }
}

function systemLanguage(): string {
  const named = (process.env["LC_ALL"] ?? process.env["LANG"] ?? "").split(".")[0]?.replace("_", "-") ?? "";
  return named === "" || named === "C" || named === "POSIX" ? "en-US" : named;
}

export const app = new App();
