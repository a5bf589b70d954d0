import { createCodec, type Codec } from "./codec.ts";
import { createBridge } from "./page-bridge.ts";
import { watchContextMenu } from "./page-menu.ts";
import { takeAwayFromHttp } from "./scheme-rules.ts";

/** Name of the world that preload scripts run in; Electron's own name for it. */
export const ISOLATED_WORLD = "Electron Isolated Context";
/** The isolated world's way to main, and main's way back. */
export const SEND_BINDING = "__standInSend";
export const RECEIVE_FUNCTION = "__standInReceive";

/** What the scripts of one window are made with. */
export interface WorldOptions {
  /** Unguessable: events of this name carry messages between the two worlds. */
  readonly tag: string;
  readonly preloadPath: string | undefined;
  readonly preloadCode: string;
  readonly inSubFrames: boolean;
  /** Custom schemes that stand for http: inside, and whether each may have service workers. */
  readonly schemes: Readonly<Record<string, boolean>>;
  /** `process` as a sandboxed preload sees it. */
  readonly process: object;
}

/** Source of the script for the page's own world. Register it before the isolated one: it must be listening by then. */
export function mainWorldSource(options: WorldOptions): string {
  const { tag, inSubFrames, schemes } = options;
  const rules = `(${takeAwayFromHttp.toString()})(${JSON.stringify(schemes)});`;
  return `${rules}(${mainWorld.toString()})(${createBridge.toString()}, (${createCodec.toString()})(), ${JSON.stringify({ tag, inSubFrames })});`;
}

/** Source of the script for the isolated world: the preload script inside a function of Electron's parameters. */
export function isolatedWorldSource(options: WorldOptions): string {
  const { preloadCode, preloadPath, ...rest } = options;
  const settings = JSON.stringify({ ...rest, preloadPath, send: SEND_BINDING, receive: RECEIVE_FUNCTION });
  const preload = `function (require, module, exports, process, Buffer, global, setImmediate, clearImmediate) {${preloadCode}\n}`;
  return `(${isolatedWorld.toString()})(${createBridge.toString()}, (${createCodec.toString()})(), ${settings}, ${preload}, ${watchContextMenu.toString()});\n//# sourceURL=${preloadPath ?? "no-preload"}`;
}

/* Everything below runs in the page, from its source text: no imports, no outer names. */

/** The page's own world: defines what `contextBridge.exposeInMainWorld` gives, and asks main before it uses a permission. */
function mainWorld(
  bridgeFactory: typeof createBridge,
  codec: Codec,
  options: { readonly tag: string; readonly inSubFrames: boolean },
): void {
  const bridge = bridgeFactory(codec, `${options.tag}-to-preload`, `${options.tag}-to-page`);
  const freeze = (value: unknown): unknown => {
    if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
    for (const item of Object.values(value)) freeze(item);
    return Object.freeze(value);
  };
  bridge.register(1, (key, api) => {
    Object.defineProperty(window, key as string, { value: freeze(api), enumerable: true });
  });
  // As when main denies it: no window, and main is told. A link with a target takes Chromium's own way (page-target.ts).
  const open = (url: string | URL = "", name = "", features = "") => {
    bridge.call(4, [new URL(url, location.href).href, name, features]);
    return null;
  };
  Object.defineProperty(window, "open", { value: open, configurable: true, writable: true });
  // Chromium cannot be told to ask us, so the page's calls do; without main's yes they fail as a refusal does.
  const guard = (owner: object | undefined, method: string, permission: string) => {
    const original = (owner as Record<string, (...args: unknown[]) => unknown> | undefined)?.[method];
    if (owner === undefined || original === undefined) return;
    const guarded = async (...args: unknown[]) => {
      const allowed = await bridge.call(2, [permission, location.href]);
      if (allowed !== true) throw new DOMException("Permission denied", "NotAllowedError");
      return original.apply(owner, args);
    };
    Object.defineProperty(owner, method, { value: guarded, configurable: true, writable: true });
  };
  guard(navigator.mediaDevices, "getUserMedia", "media");
  guard(navigator.mediaDevices, "getDisplayMedia", "display-capture");
  guard(navigator.clipboard, "read", "clipboard-read");
  guard(navigator.clipboard, "readText", "clipboard-read");
  const noteApi = (window as { Notification?: object }).Notification;
  if (noteApi !== undefined) {
    const ask = async () =>
      (await bridge.call(2, ["notifications", location.href])) === true ? "granted" : "denied";
    Object.defineProperty(noteApi, "requestPermission", { value: ask, configurable: true });
  }
  const query = navigator.permissions?.query.bind(navigator.permissions);
  if (query !== undefined) {
    const names: Readonly<Record<string, string>> = { microphone: "media", camera: "media" };
    const asked = async (descriptor: PermissionDescriptor) => {
      const status = await query(descriptor);
      const name = names[descriptor.name] ?? descriptor.name;
      const allowed = await bridge.call(3, [name, location.href]);
      Object.defineProperty(status, "state", { value: allowed === true ? "granted" : "denied" });
      return status;
    };
    Object.defineProperty(navigator.permissions, "query", { value: asked, configurable: true });
  }
}

interface IsolatedSettings {
  readonly tag: string;
  readonly preloadPath?: string;
  readonly inSubFrames: boolean;
  readonly process: object;
  readonly send: string;
  readonly receive: string;
}

type Preload = (
  require: (name: string) => unknown,
  module: { exports: unknown },
  exports: unknown,
  process: object,
  buffer: undefined,
  global: unknown,
  setImmediate: (work: () => void) => unknown,
  clearImmediate: (id: number) => void,
) => void;

/** The isolated world: a sandboxed preload's `require`, `process`, ipcRenderer and contextBridge. */
function isolatedWorld(
  bridgeFactory: typeof createBridge,
  codec: Codec,
  settings: IsolatedSettings,
  preload: Preload,
  watchMenu: typeof watchContextMenu,
): void {
  type Listener = (event: object, ...args: unknown[]) => void;
  const scope = globalThis as unknown as Record<string, (text: string) => void>;
  const bridge = bridgeFactory(codec, `${settings.tag}-to-page`, `${settings.tag}-to-preload`);
  const listeners = new Map<string, { readonly listener: Listener; readonly once: boolean }[]>();
  const calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastCall = 0;
  const post = (message: object) => scope[settings.send]?.(codec.pack(message));
  const ask = (message: object) =>
    new Promise<unknown>((resolve, reject) => {
      lastCall += 1;
      calls.set(lastCall, { resolve, reject });
      try {
        post({ ...message, id: lastCall });
      } catch (error) {
        calls.delete(lastCall);
        reject(error as Error);
      }
    });
  const strictly = <T extends object>(object: T, name: string): T =>
    new Proxy(object, {
      get(target, property, receiver) {
        if (typeof property === "symbol" || property in target || property === "then") {
          return Reflect.get(target, property, receiver) as unknown;
        }
        throw new Error(`not in the stand-in: ${name}.${property}`);
      },
    });
  const add = (channel: string, listener: Listener, once: boolean) => {
    listeners.set(channel, [...(listeners.get(channel) ?? []), { listener, once }]);
    return ipcRenderer;
  };
  const remove = (channel: string, listener: Listener) => {
    const kept = (listeners.get(channel) ?? []).filter((one) => one.listener !== listener);
    listeners.set(channel, kept);
    return ipcRenderer;
  };
  const ipcRenderer: object = strictly(
    {
      on: (channel: string, listener: Listener) => add(channel, listener, false),
      addListener: (channel: string, listener: Listener) => add(channel, listener, false),
      once: (channel: string, listener: Listener) => add(channel, listener, true),
      off: remove,
      removeListener: remove,
      removeAllListeners: (channel?: string) => {
        if (channel === undefined) listeners.clear();
        else listeners.delete(channel);
        return ipcRenderer;
      },
      send: (channel: string, ...args: unknown[]) => post({ kind: "send", channel, args }),
      invoke: (channel: string, ...args: unknown[]) => ask({ kind: "invoke", channel, args }),
    },
    "ipcRenderer",
  );
  scope[settings.receive] = (text) => {
    const message = codec.unpack(text) as {
      readonly kind: string;
      readonly id: number;
      readonly channel: string;
      readonly error?: string;
      readonly value?: unknown;
      readonly args: unknown[];
    };
    if (message.kind === "reply") {
      const call = calls.get(message.id);
      calls.delete(message.id);
      if (message.error === undefined) call?.resolve(message.value);
      else call?.reject(new Error(`Error invoking remote method '${message.channel}': ${message.error}`));
      return;
    }
    for (const { listener, once } of listeners.get(message.channel) ?? []) {
      if (once) remove(message.channel, listener);
      listener({ sender: ipcRenderer, ports: [] }, ...message.args);
    }
  };
  watchMenu((params) => post({ kind: "context-menu", params }));
  bridge.register(2, (permission, url) => ask({ kind: "permission", permission, url }));
  bridge.register(3, (permission, url) => ask({ kind: "permission-check", permission, url }));
  bridge.register(4, (url, name, features) => post({ kind: "open", url, name, features }));
  const contextBridge = strictly(
    {
      exposeInMainWorld: (key: string, api: unknown) => {
        if (exposed.has(key)) {
          throw new Error(`Cannot bind an API on top of an existing property on the window object: '${key}'`);
        }
        exposed.add(key);
        bridge.call(1, [key, api]);
      },
    },
    "contextBridge",
  );
  const exposed = new Set<string>();
  if (window !== window.top && !settings.inSubFrames) return;
  const electron = strictly(
    {
      ipcRenderer,
      contextBridge,
      webUtils: strictly({ getPathForFile: () => "" }, "webUtils"),
      webFrame: strictly({}, "webFrame"),
    },
    "electron (renderer)",
  );
  const require = (name: string): unknown => {
    if (name === "electron" || name === "electron/renderer" || name === "electron/common") return electron;
    throw new Error(`module not found: ${name} (a sandboxed preload has only electron here)`);
  };
  const module = { exports: {} };
  const process = strictly(
    { ...settings.process, on: () => process, once: () => process },
    "process (preload)",
  );
  const later = (work: () => void) => setTimeout(work, 0);
  try {
    preload(require, module, module.exports, process, undefined, globalThis, later, (id) => clearTimeout(id));
  } catch (error) {
    const { message, stack } = error as Error;
    post({ kind: "preload-error", message, stack });
    console.error(`Unable to load preload script: ${String(settings.preloadPath)}`, error);
  }
}
