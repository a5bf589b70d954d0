import { EventEmitter } from "node:events";
import type { Readable, Writable } from "node:stream";

/** Parameters of a CDP command or event; every field is checked by Chromium itself. */
export type CdpParams = Readonly<Record<string, unknown>>;

interface Answer {
  resolve(result: never): void;
  reject(error: Error): void;
  readonly method: string;
}

/**
 * Chromium's remote debugging over its pipe (file descriptors 3 and 4, JSON ended by NUL). The pipe also ties lives
 * together: when this process goes, however it goes, Chromium reads the end of the pipe and quits.
 */
export class CdpConnection {
  readonly #toChromium: Writable;
  readonly #sessions = new Map<string, CdpSession>();
  readonly #answers = new Map<number, Answer>();
  readonly root: CdpSession;
  #lastId = 0;
  #rest = "";
  #closed = false;

  constructor(toChromium: Writable, fromChromium: Readable) {
    this.#toChromium = toChromium;
    this.root = new CdpSession(this, undefined);
    toChromium.on("error", () => this.#close());
    fromChromium.setEncoding("utf8");
    fromChromium.on("data", (text: string) => this.#read(text));
    fromChromium.on("close", () => this.#close());
    fromChromium.on("error", () => this.#close());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Attaches to a target; its events come in order on the session. */
  async attach(targetId: string): Promise<CdpSession> {
    const params = { targetId, flatten: true };
    const { sessionId } = await this.root.send<{ readonly sessionId: string }>(
      "Target.attachToTarget",
      params,
    );
    return this.#sessionOf(sessionId);
  }

  send<T>(method: string, params: CdpParams, sessionId: string | undefined): Promise<T> {
    if (this.#closed) return Promise.reject(new Error(`${method}: Chromium is gone`));
    this.#lastId += 1;
    const id = this.#lastId;
    const message = JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) });
    return new Promise<T>((resolve, reject) => {
      this.#answers.set(id, { resolve, reject, method });
      this.#toChromium.write(`${message}\0`);
    });
  }

  #sessionOf(sessionId: string): CdpSession {
    const known = this.#sessions.get(sessionId);
    if (known !== undefined) return known;
    const made = new CdpSession(this, sessionId);
    this.#sessions.set(sessionId, made);
    return made;
  }

  #read(text: string): void {
    const messages = (this.#rest + text).split("\0");
    this.#rest = messages.pop() ?? "";
    for (const message of messages) this.#dispatch(JSON.parse(message) as WireMessage);
  }

  #dispatch(message: WireMessage): void {
    if (message.id !== undefined) {
      const answer = this.#answers.get(message.id);
      this.#answers.delete(message.id);
      if (message.error === undefined) answer?.resolve(message.result as never);
      else answer?.reject(new Error(`${answer.method}: ${message.error.message}`));
      return;
    }
    const session = message.sessionId === undefined ? this.root : this.#sessionOf(message.sessionId);
    session.emit(message.method ?? "", message.params ?? {});
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const answer of this.#answers.values())
      answer.reject(new Error(`${answer.method}: Chromium is gone`));
    this.#answers.clear();
    this.root.emit("closed", {});
  }
}

interface WireMessage {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: CdpParams;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Commands to and events of one target. */
export class CdpSession extends EventEmitter {
  readonly #connection: CdpConnection;
  readonly #sessionId: string | undefined;

  constructor(connection: CdpConnection, sessionId: string | undefined) {
    super();
    this.setMaxListeners(0);
    this.#connection = connection;
    this.#sessionId = sessionId;
  }

  send<T = CdpParams>(method: string, params: CdpParams = {}): Promise<T> {
    return this.#connection.send<T>(method, params, this.#sessionId);
  }

  /** For what may be too late without harm: the target, or Chromium, may be gone. */
  sendQuietly(method: string, params: CdpParams = {}): void {
    this.send(method, params).catch(() => undefined);
  }
}
