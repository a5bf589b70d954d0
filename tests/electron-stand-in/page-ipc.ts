import type { CdpSession } from "./chromium/cdp.ts";
import { createCodec } from "./in-page/codec.ts";
import type { FrameTree } from "./frames.ts";
import { ipcMain, type IpcEvent } from "./ipc-main.ts";
import { ISOLATED_WORLD, RECEIVE_FUNCTION, SEND_BINDING } from "./in-page/page-worlds.ts";
import type { PageMenuParams } from "./in-page/page-menu.ts";
import { schemes } from "./session.ts";
import type { WebContents } from "./web-contents.ts";

interface Sent {
  readonly kind: "send";
  readonly channel: string;
  readonly args: unknown[];
}
interface Invoked {
  readonly kind: "invoke";
  readonly id: number;
  readonly channel: string;
  readonly args: unknown[];
}
interface PermissionQuestion {
  readonly kind: "permission" | "permission-check";
  readonly id: number;
  readonly permission: string;
  readonly url: string;
}
interface PreloadFailed {
  readonly kind: "preload-error";
  readonly message: string;
  readonly stack: string;
}
interface WindowOpened {
  readonly kind: "open";
  readonly url: string;
  readonly name: string;
  readonly features: string;
}
interface ContextMenuAsked {
  readonly kind: "context-menu";
  readonly params: PageMenuParams;
}
type FromPage = ContextMenuAsked | WindowOpened | Sent | Invoked | PermissionQuestion | PreloadFailed;

const codec = createCodec();

/** Messages between main and the isolated worlds of one window. */
export class PageIpc {
  readonly #contents: WebContents;
  readonly #frames: FrameTree;
  readonly #preload: string | undefined;
  /** Isolated worlds: execution context -> frame. */
  readonly #frameOfContext = new Map<number, string>();
  #cdp: CdpSession | undefined;

  constructor(contents: WebContents, frames: FrameTree, preload: string | undefined) {
    this.#contents = contents;
    this.#frames = frames;
    this.#preload = preload;
  }

  follow(cdp: CdpSession): void {
    this.#cdp = cdp;
    type Context = {
      readonly id: number;
      readonly name: string;
      readonly auxData: { readonly frameId: string };
    };
    cdp.on("Runtime.executionContextCreated", ({ context }: { context: Context }) => {
      if (context.name === ISOLATED_WORLD) this.#frameOfContext.set(context.id, context.auxData.frameId);
    });
    cdp.on("Runtime.executionContextDestroyed", (event: { executionContextId: number }) => {
      this.#frameOfContext.delete(event.executionContextId);
    });
    cdp.on("Runtime.executionContextsCleared", () => this.forgetWorlds());
    cdp.on(
      "Runtime.bindingCalled",
      (event: { name: string; payload: string; executionContextId: number }) => {
        if (event.name === SEND_BINDING) void this.#received(event.payload, event.executionContextId);
      },
    );
  }

  /** The page's process is gone, and its worlds with it. */
  forgetWorlds(): void {
    this.#frameOfContext.clear();
  }

  /** Throws what cannot be cloned even without a receiver, as Electron does. */
  deliverTo(frameId: string, channel: string, args: readonly unknown[]): void {
    const text = codec.pack({ kind: "message", channel, args });
    const world = [...this.#frameOfContext].find(([, id]) => id === frameId);
    if (world !== undefined) this.#deliver(world[0], text);
  }

  #deliver(contextId: number, text: string): void {
    if (!this.#frameOfContext.has(contextId)) return;
    const expression = `${RECEIVE_FUNCTION}(${JSON.stringify(text)})`;
    this.#cdp?.sendQuietly("Runtime.evaluate", { contextId, expression, silent: true });
  }

  async #received(payload: string, contextId: number): Promise<void> {
    const message = codec.unpack(payload) as FromPage;
    switch (message.kind) {
      case "preload-error": {
        const error = Object.assign(new Error(message.message), { stack: message.stack });
        this.#contents.emit("preload-error", {}, this.#preload, error);
        return;
      }
      case "permission":
      case "permission-check": {
        const value = await this.#permission(message);
        this.#deliver(contextId, codec.pack({ kind: "reply", id: message.id, value }));
        return;
      }
      case "context-menu":
        this.#contents.contextMenuRequested(message.params, this.#eventOf(contextId).senderFrame);
        return;
      case "open": {
        const { url, name, features } = message;
        this.#contents.windowOpenRequested(schemes.fromChromium(url), name, features);
        return;
      }
      case "send":
        ipcMain.emit(message.channel, this.#eventOf(contextId), ...message.args);
        return;
      case "invoke":
        this.#deliver(contextId, await this.#invoke(message, this.#eventOf(contextId)));
    }
  }

  #eventOf(contextId: number): IpcEvent {
    const frameId = this.#frameOfContext.get(contextId) ?? "";
    const senderFrame = this.#frames.get(frameId) ?? null;
    return {
      type: "frame",
      sender: this.#contents,
      senderFrame,
      frameId: senderFrame?.routingId ?? 0,
      processId: 1,
      ports: [],
      reply: (channel, ...args) => this.deliverTo(frameId, channel, args),
    };
  }

  async #invoke({ id, channel, args }: Invoked, event: IpcEvent): Promise<string> {
    try {
      const value = await ipcMain.dispatchInvoke(channel, event, args);
      return codec.pack({ kind: "reply", id, channel, value });
    } catch (error) {
      return codec.pack({ kind: "reply", id, channel, error: String(error) });
    }
  }

  async #permission(question: PermissionQuestion): Promise<boolean> {
    const { session } = this.#contents;
    const url = schemes.fromChromium(question.url);
    if (question.kind === "permission")
      return session.askPermission(this.#contents, question.permission, url);
    return session.checkPermission(this.#contents, question.permission, url);
  }
}
