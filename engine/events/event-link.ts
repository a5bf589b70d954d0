import type { AuthState } from "#contract/auth-state.ts";
import { PING_EVERY_MS, readEventMessage } from "#contract/event-wire.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock, HttpClient } from "#engine/ports.ts";
import { retryDelayMs } from "#engine/retry/retry-policy.ts";
import type { SignInState } from "#engine/session/session-api.ts";
import type { OpenEventSocket } from "./event-socket.ts";

/** A server that has said nothing for so long is gone: it pings twice in this time. */
const SILENCE_MS = 2.5 * PING_EVERY_MS;
/** How often the server is asked where no socket gets through to it. */
const ASK_EVERY_MS = 30_000;

export interface EventLinkDeps {
  readonly session: Pick<SignInState, "store">;
  readonly open: OpenEventSocket;
  /** Its requests carry the sign-in, and end the session when the server takes it no more. */
  readonly api: HttpClient;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/**
 * Keeps a socket to the server while a person is signed in, so that what happens to their account is known at once. A
 * socket that ends, for whatever reason, is one question and then another socket; where none opens, the question is asked
 * every {@link ASK_EVERY_MS}. Disposing ends it.
 */
export function createEventLink(deps: EventLinkDeps): Disposable {
  let accountId: string | undefined;
  let stop = new AbortController();
  const follow = (state: AuthState): void => {
    const next = state.kind === "signed-in" ? state.accountId : undefined;
    if (next === accountId) return;
    accountId = next;
    stop.abort();
    if (next === undefined) return;
    stop = new AbortController();
    void keepLinked(deps, stop.signal);
  };
  const { store } = deps.session;
  follow(store.getState());
  const unsubscribe = store.subscribe(follow);
  return {
    [Symbol.dispose]() {
      unsubscribe();
      stop.abort();
    },
  };
}

async function keepLinked(deps: EventLinkDeps, signal: AbortSignal): Promise<void> {
  const { api, clock, random, logger } = deps;
  let failures = 0;
  while (!signal.aborted) {
    try {
      await listen(deps, signal);
      failures = 1;
    } catch (reason) {
      failures += 1;
      if (!signal.aborted) logger.debug("events.closed", { failures, code: PipitError.from(reason).code });
    }
    // It ends the session, and with that this, when the server says so; all else is said to callers who want something.
    await api.request({ method: "GET", path: "/auth/me" }, signal).catch(() => undefined);
    const delayMs = Math.min(retryDelayMs(failures, undefined, random), ASK_EVERY_MS);
    await clock.sleep(delayMs, signal).catch(() => undefined);
  }
}

/** Resolves when a socket that was open has ended. Throws as {@link OpenEventSocket}. */
async function listen({ open, clock }: EventLinkDeps, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  let heard = true;
  const answers: string[] = [];
  let answer = (text: string): void => void answers.push(text);
  const socket = await open((text) => {
    heard = true;
    const message = readEventMessage(text);
    if (message?.pong !== undefined) answer(message.pong);
    // The server closes it now; a peer that does not is not waited for.
    if (message?.type === "session.revoked") ended.abort();
  }, signal);
  answer = (text) => socket.send(text);
  answers.forEach(answer);
  void socket.closed.then(() => ended.abort());
  while (!over.aborted) {
    await clock.sleep(SILENCE_MS, over).catch(() => undefined);
    if (!heard) break;
    heard = false;
  }
  ended.abort();
  socket.close();
}
