import type { CdpSession } from "./chromium/cdp.ts";
import type { SchemeMap } from "./scheme-map.ts";
import { strict } from "./strict.ts";

/** A frame as CDP describes it. */
interface CdpFrame {
  readonly id: string;
  readonly parentId?: string;
  readonly name?: string;
  readonly url: string;
  readonly urlFragment?: string;
  readonly securityOrigin?: string;
}
interface CdpFrameTree {
  readonly frame: CdpFrame;
  readonly childFrames?: readonly CdpFrameTree[];
}

/** A document's frame as main sees it: `event.senderFrame`, `contents.mainFrame`. */
export interface WebFrameMain {
  readonly url: string;
  readonly origin: string;
  readonly name: string;
  readonly parent: WebFrameMain | null;
  readonly top: WebFrameMain | null;
  readonly frames: readonly WebFrameMain[];
  readonly framesInSubtree: readonly WebFrameMain[];
  readonly frameTreeNodeId: number;
  readonly routingId: number;
  readonly processId: number;
  readonly detached: boolean;
  isDestroyed(): boolean;
  send(channel: string, ...args: unknown[]): void;
  executeJavaScript(code: string): Promise<unknown>;
}

interface Entry {
  frame: CdpFrame;
  url: string;
  gone: boolean;
  readonly main: WebFrameMain;
}

export interface FrameHost {
  send(frameId: string, channel: string, args: readonly unknown[]): void;
  evaluate(frameId: string, code: string): Promise<unknown>;
}

/** The frames of one window, kept true by CDP's page events. */
export class FrameTree {
  readonly #entries = new Map<string, Entry>();
  readonly #schemes: SchemeMap;
  readonly #host: FrameHost;
  #mainId = "";
  #lastNumber = 0;

  constructor(schemes: SchemeMap, host: FrameHost) {
    this.#schemes = schemes;
    this.#host = host;
  }

  get mainId(): string {
    return this.#mainId;
  }

  get mainFrame(): WebFrameMain | undefined {
    return this.#entries.get(this.#mainId)?.main;
  }

  get(frameId: string): WebFrameMain | undefined {
    return this.#entries.get(frameId)?.main;
  }

  async follow(session: CdpSession): Promise<void> {
    session.on("Page.frameAttached", (event: { frameId: string; parentFrameId: string }) => {
      this.#put({ id: event.frameId, parentId: event.parentFrameId, url: "", securityOrigin: "" });
    });
    session.on("Page.frameNavigated", (event: { frame: CdpFrame }) => this.#put(event.frame));
    session.on("Page.navigatedWithinDocument", (event: { frameId: string; url: string }) => {
      const entry = this.#entries.get(event.frameId);
      if (entry !== undefined) entry.url = this.#schemes.fromChromium(event.url);
    });
    session.on("Page.frameDetached", (event: { frameId: string }) => this.#drop(event.frameId));
    const { frameTree } = await session.send<{ frameTree: CdpFrameTree }>("Page.getFrameTree");
    this.#mainId = frameTree.frame.id;
    this.#putTree(frameTree);
  }

  #putTree(tree: CdpFrameTree): void {
    this.#put(tree.frame);
    for (const child of tree.childFrames ?? []) this.#putTree(child);
  }

  #put(frame: CdpFrame): void {
    const url = this.#schemes.fromChromium(frame.url + (frame.urlFragment ?? ""));
    const known = this.#entries.get(frame.id);
    if (known === undefined)
      this.#entries.set(frame.id, { frame, url, gone: false, main: this.#make(frame.id) });
    else Object.assign(known, { frame, url });
  }

  #drop(frameId: string): void {
    const entry = this.#entries.get(frameId);
    if (entry === undefined) return;
    entry.gone = true;
    this.#entries.delete(frameId);
    for (const [id, other] of this.#entries) if (other.frame.parentId === frameId) this.#drop(id);
  }

  #make(frameId: string): WebFrameMain {
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const entries = this.#entries;
    const entry = () => entries.get(frameId);
    const children = (): WebFrameMain[] =>
      [...entries.values()].filter((one) => one.frame.parentId === frameId).map((one) => one.main);
    const originOf = (origin: string | undefined): string =>
      origin === undefined || origin === "" || origin === "://" ? "null" : this.#schemes.fromChromium(origin);
    const host = this.#host;
    const made: WebFrameMain = {
      frameTreeNodeId: number,
      routingId: number,
      processId: 1,
      get url() {
        return entry()?.url ?? "";
      },
      get origin() {
        return originOf(entry()?.frame.securityOrigin);
      },
      get name() {
        return entry()?.frame.name ?? "";
      },
      get parent() {
        return entries.get(entry()?.frame.parentId ?? "")?.main ?? null;
      },
      get top() {
        let top = entry()?.main ?? null;
        for (let next = top; next !== null; next = next.parent) top = next;
        return top;
      },
      get frames() {
        return children();
      },
      get framesInSubtree() {
        return [this, ...children().flatMap((child) => child.framesInSubtree)];
      },
      get detached() {
        return entry() === undefined;
      },
      isDestroyed: () => entry() === undefined,
      send: (channel, ...args) => host.send(frameId, channel, args),
      executeJavaScript: (code) => host.evaluate(frameId, code),
    };
    return strict(made, "WebFrameMain");
  }
}
