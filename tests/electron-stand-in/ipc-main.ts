import type { WebContents } from "./web-contents.ts";
import type { WebFrameMain } from "./frames.ts";
import { EventEmitter } from "node:events";
import { strict } from "./strict.ts";

export interface IpcEvent {
  readonly type: "frame";
  readonly sender: WebContents;
  readonly senderFrame: WebFrameMain | null;
  readonly frameId: number;
  readonly processId: number;
  readonly ports: readonly never[];
  reply(channel: string, ...args: unknown[]): void;
}
type Handler = (event: IpcEvent, ...args: unknown[]) => unknown;

/** Channels are the app's own, so every event name is known here. */
class AnyEmitter extends EventEmitter {
  constructor(name: string) {
    super();
    return strict(this, name);
  }
}

class IpcMain extends AnyEmitter {
  readonly #handlers = new Map<string, Handler>();

  constructor() {
    super("ipcMain");
  }

  handle(channel: string, handler: Handler): void {
    if (this.#handlers.has(channel)) {
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    }
    this.#handlers.set(channel, handler);
  }

  handleOnce(channel: string, handler: Handler): void {
    this.handle(channel, (...args) => {
      this.#handlers.delete(channel);
      return handler(...args);
    });
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel);
  }

  /** What `ipcRenderer.invoke` waits for; for the stand-in's own use. */
  async dispatchInvoke(channel: string, event: IpcEvent, args: readonly unknown[]): Promise<unknown> {
    const handler = this.#handlers.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    return handler(event, ...args);
  }
}

export const ipcMain = new IpcMain();
