import { contextBridge, ipcRenderer } from "electron";
import { channelOf, ipcCommandNames, ipcEventNames } from "#contract/commands/ipc-schema.ts";

/** Runs in the sandbox between Electron and the page, and gives the page named functions: see PreloadApi. */
const commands = ipcCommandNames.map((name) => {
  const call = (input?: unknown): Promise<unknown> => ipcRenderer.invoke(channelOf(name), input);
  return [name, call] as const;
});
const events = ipcEventNames.map((name) => {
  const listen = (listener: (payload: unknown) => void): (() => void) => {
    // The event object would give the page a way to the sender.
    const onEvent = (_event: unknown, payload: unknown): void => listener(payload);
    ipcRenderer.on(channelOf(name), onEvent);
    return () => void ipcRenderer.off(channelOf(name), onEvent);
  };
  return [`on${name.charAt(0).toUpperCase()}${name.slice(1)}`, listen] as const;
});
contextBridge.exposeInMainWorld("pipit", Object.fromEntries([...commands, ...events]));

/** The page's own global, of which this file needs two things. */
interface PageGlobal {
  readonly location: { readonly pathname: string };
  addEventListener(type: "online" | "blur", listener: () => void): void;
}
const page = globalThis as unknown as PageGlobal;

// The pages that cover the displays are no window of the app's.
if (page.location.pathname !== "/overlay.html") {
  // Main has no event for the network's return, and would have to ask again and again.
  page.addEventListener("online", () => {
    void ipcRenderer.invoke(channelOf("reconnect"));
  });
  // A panel of macOS tells its page that the keyboard has left it, and main only while the app is the active one.
  page.addEventListener("blur", () => {
    void ipcRenderer.invoke(channelOf("windowLeft"));
  });
}
