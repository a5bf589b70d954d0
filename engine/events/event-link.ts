import type { AuthState } from "#contract/auth-state.ts";
import {
  CHANGES_PATH,
  PING_EVERY_MS,
  readEventMessage,
  type LiveRoomEvent,
} from "#contract/events/event-wire.ts";
import type { Logger } from "#contract/logger.ts";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock, HttpClient } from "#engine/ports.ts";
import { retryDelayMs } from "#engine/retry/retry-policy.ts";
import type { SignInState } from "#engine/session/session-api.ts";
import type { OpenEventSocket } from "./event-socket.ts";
import { newsIn, newsInAnswer, type News, type NumberedNews } from "./news.ts";

/** A server that has said nothing for so long is gone: it pings twice in this time. */
const SILENCE_MS = 2.5 * PING_EVERY_MS;
/** At the latest, where no socket gets through, another is tried. */
const OPEN_EVERY_MS = 30_000;
/** How often the server is asked meanwhile. */
const ASK_EVERY_MS = 5_000;

export interface EventLinkDeps {
  readonly session: Pick<SignInState, "store">;
  readonly open: OpenEventSocket;
  /** Its requests carry the sign-in, and end the session when the server takes it no more. */
  readonly api: HttpClient;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** Told of what happens to the account, each thing once and in order; "all" first. "rooms" whenever there was no socket. */
  readonly onNews: (news: News) => void;
}

/** Says something over the socket that is open now; where none is, nobody hears it. */
export type SayToRoom = (message: LiveRoomEvent) => void;

export interface EventLink extends Disposable {
  readonly say: SayToRoom;
}

/**
 * Keeps a socket to the server while a person is signed in, so that what happens to their account is known at once. A
 * socket that ends, for whatever reason, is one question and then another socket, which goes on where it was; where none
 * opens, the question is asked every {@link ASK_EVERY_MS}. Disposing ends it.
 */
export function createEventLink(deps: EventLinkDeps): EventLink {
  let accountId: string | undefined;
  let stop = new AbortController();
  let link: Link | undefined;
  const follow = (state: AuthState): void => {
    const next = state.kind === "signed-in" ? state.accountId : undefined;
    if (next === accountId) return;
    accountId = next;
    stop.abort();
    link = undefined;
    if (next === undefined) return;
    stop = new AbortController();
    link = new Link(deps, stop.signal);
    void link.keep();
  };
  const { store } = deps.session;
  follow(store.getState());
  const unsubscribe = store.subscribe(follow);
  return {
    say: (message) => link?.say(JSON.stringify(message)),
    [Symbol.dispose]() {
      unsubscribe();
      stop.abort();
    },
  };
}

/** The link of one sign-in. */
class Link {
  readonly #deps: EventLinkDeps;
  readonly #signal: AbortSignal;
  /** Of the last message. */
  #cursor: string | undefined;
  /** Over the socket that is open. */
  say: (text: string) => void = () => undefined;

  constructor(deps: EventLinkDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Resolves when the sign-in has ended. */
  async keep(): Promise<void> {
    const { random, logger } = this.#deps;
    let failures = 0;
    while (!this.#signal.aborted) {
      try {
        await this.#listen();
        failures = 1;
      } catch (reason) {
        failures += 1;
        if (!this.#signal.aborted)
          logger.debug("events.closed", { failures, code: PipitError.from(reason).code });
      }
      await this.#askFor(Math.min(retryDelayMs(failures, undefined, random), OPEN_EVERY_MS));
    }
  }

  /** Asks at once, and then every {@link ASK_EVERY_MS} as long as that. */
  async #askFor(durationMs: number): Promise<void> {
    for (let leftMs = durationMs; leftMs > 0 && !this.#signal.aborted; leftMs -= ASK_EVERY_MS) {
      // It ends the session, and with that this, when the server says so; all else is said to callers who want something.
      await this.#ask().catch(() => undefined);
      await this.#deps.clock.sleep(Math.min(leftMs, ASK_EVERY_MS), this.#signal).catch(() => undefined);
    }
  }

  async #ask(): Promise<void> {
    for (let more = true; more && !this.#signal.aborted;) {
      const after = this.#cursor === undefined ? "" : `?cursor=${encodeURIComponent(this.#cursor)}`;
      const request = { method: "GET", path: CHANGES_PATH + after } as const;
      const { status, body } = await this.#deps.api.request(request, this.#signal);
      const answer = status === 200 ? newsInAnswer(parseJson(body)) : undefined;
      answer?.news.forEach((news) => this.#tell(news));
      more = answer?.more ?? false;
      // The answer has nothing of rooms but what is written for the account.
      if (answer !== undefined && !more && !this.#signal.aborted) this.#deps.onNews({ kind: "rooms" });
    }
  }

  #tell({ cursor, ...news }: NumberedNews): void {
    if (this.#signal.aborted) return;
    this.#cursor = cursor ?? this.#cursor;
    this.#deps.onNews(news);
  }

  /** Resolves when a socket that was open has ended. Throws as {@link OpenEventSocket}. */
  async #listen(): Promise<void> {
    const { open, clock } = this.#deps;
    const ended = new AbortController();
    const over = AbortSignal.any([this.#signal, ended.signal]);
    let heard = true;
    const answers: string[] = [];
    let answer = (text: string): void => void answers.push(text);
    const onText = (text: string): void => {
      heard = true;
      const message = readEventMessage(text);
      if (message?.pong !== undefined) answer(message.pong);
      const news = newsIn(message?.json);
      // A socket that was given up may still have something to say, which the next one says again.
      if (news !== undefined && !over.aborted) this.#tell(news);
      // The server closes it now; a peer that does not is not waited for.
      if (message?.type === "session.revoked") ended.abort();
    };
    const socket = await open(onText, this.#cursor, this.#signal);
    answer = (text) => socket.send(text);
    answers.forEach(answer);
    this.say = answer;
    // What happens in rooms is told from now on; where it goes on without a snapshot, nothing tells what came before.
    if (this.#cursor !== undefined && !over.aborted) this.#deps.onNews({ kind: "rooms" });
    void socket.closed.then(() => ended.abort());
    while (!over.aborted) {
      await clock.sleep(SILENCE_MS, over).catch(() => undefined);
      if (!heard) break;
      heard = false;
    }
    ended.abort();
    this.say = () => undefined;
    socket.close();
  }
}
