import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "../access/caller.ts";
import { answerLost } from "../chats/answer-lost.ts";
import { repeat } from "../repeat.ts";
import { stoppedAnswering } from "../server-stopping.ts";
import { deferred } from "./deferred.ts";
import { LiveTurn, type Place } from "./live-turn.ts";
import { LEASE_MS, noAnswer, runTurn } from "./run-turn.ts";
import { interruptedError, messageKey, TurnRelay } from "./turn-relay.ts";
import type { Question, TurnDeps, TurnEvent, TurnService } from "./turn-types.ts";
import { warnUnlessTold } from "../outage.ts";

/** Three tries before a lease runs out. */
const LEASE_RENEW_MS = LEASE_MS / 3;
/** After a start most clients ask again by themselves what was lost. */
const LOST_FIRST_AFTER_MS = 3_000;
const LOST_EVERY_MS = 8_000;
const LOST_AT_ONCE = 100;
/** On the bus: what was deleted, to all servers. */
const DELETIONS = "deletions";

/** The life of answers in this process; see {@link TurnService}. */
export function createTurnService(deps: TurnDeps): TurnService {
  return new LiveTurns(deps);
}

class LiveTurns implements TurnService {
  readonly #deps: TurnDeps;
  readonly #relay: TurnRelay;
  /** Every running answer with the promise of its end. */
  readonly #running = new Map<LiveTurn, Promise<void>>();
  /** The running answers that can be joined, by user and client message id. */
  readonly #byMessage = new Map<string, LiveTurn>();
  readonly #looks: AsyncDisposable;
  #leaseTimer: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(deps: TurnDeps) {
    this.#deps = deps;
    this.#relay = new TurnRelay(deps.bus, deps.ownerId, (key) => this.#find(key));
    deps.bus.subscribe<Place>(DELETIONS, (place) => {
      for (const live of this.#running.keys()) if (live.isOf(place)) live.stop(deletedError());
    });
    this.#looks = repeat((signal) => this.#endLost(signal), {
      firstAfterMs: LOST_FIRST_AFTER_MS,
      everyMs: LOST_EVERY_MS,
    });
  }

  answer(question: Question, caller: Caller, signal: AbortSignal): AsyncIterable<TurnEvent> {
    return deferred(async () => {
      const live = await this.#openOrJoin(question, caller, signal);
      return live.listen(question, signal);
    });
  }

  interrupt(userId: string, hardwareId: string): readonly string[] {
    const sessions: string[] = [];
    for (const live of this.#running.keys()) {
      if (live.userId !== userId) continue;
      const here = live.sessionsOf(hardwareId);
      if (here.length === 0) continue;
      sessions.push(...here);
      live.stop(interruptedError());
    }
    return sessions;
  }

  stopDeleted(place: Place): void {
    void this.#deps.bus.publish(DELETIONS, place);
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#stopping = true;
    const stopRest = (): void => {
      for (const live of this.#running.keys()) live.stop(stoppedAnswering());
    };
    if (signal.aborted) stopRest();
    signal.addEventListener("abort", stopRest, { once: true });
    try {
      await Promise.all(this.#running.values());
    } finally {
      signal.removeEventListener("abort", stopRest);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#looks[Symbol.asyncDispose]();
    await this.drain(AbortSignal.abort());
  }

  /**
   * Everything between the last `await` and the entry in the map is synchronous, so two calls with the same message id
   * can never both open a turn.
   */
  async #openOrJoin(question: Question, caller: Caller, signal: AbortSignal): Promise<LiveTurn> {
    const key =
      question.clientMessageId === undefined
        ? undefined
        : messageKey(caller.userId, question.clientMessageId);
    for (;;) {
      if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.");
      if (this.#stopping) throw stoppedAnswering();
      const existing = key === undefined ? undefined : this.#byMessage.get(key);
      if (existing === undefined) return this.#open(question, caller, key);
      if (existing.joinable) {
        question.screenshot = undefined;
        return existing;
      }
      // Cancelled or failed, and being stored: once it is, the same message may run again.
      await this.#running.get(existing);
    }
  }

  /** For a follower; one that is being stored is waited for. */
  async #find(key: string): Promise<LiveTurn | undefined> {
    for (;;) {
      const live = this.#byMessage.get(key);
      if (live === undefined || live.joinable) return live;
      await this.#running.get(live);
    }
  }

  #open(question: Question, caller: Caller, key: string | undefined): LiveTurn {
    const live = new LiveTurn(caller.userId);
    if (key !== undefined) this.#byMessage.set(key, live);
    const ended = this.#run(live, question, caller).finally(() => {
      this.#running.delete(live);
      if (key !== undefined) this.#byMessage.delete(key);
      if (this.#running.size === 0) this.#stopLeaseTimer();
    });
    this.#running.set(live, ended);
    this.#startLeaseTimer();
    return live;
  }

  /** Never throws: the listeners get the failure. */
  async #run(live: LiveTurn, question: Question, caller: Caller): Promise<void> {
    try {
      await runTurn({ ...this.#deps, relay: this.#relay }, live, question, caller);
      live.close();
    } catch (error) {
      live.close(PipitError.from(error));
    }
  }

  #startLeaseTimer(): void {
    if (this.#leaseTimer !== undefined) return;
    const { turns, ownerId, logger } = this.#deps;
    this.#leaseTimer = setInterval(() => {
      const ids = this.#turnIds();
      if (ids.length === 0) return;
      turns.renewLeases(ownerId, ids, LEASE_MS).catch((error: unknown) => {
        warnUnlessTold(logger, "leases could not be renewed", error);
      });
    }, LEASE_RENEW_MS);
    this.#leaseTimer.unref();
  }

  /** Of the answers that run here, as far as they have begun. */
  #turnIds(): readonly string[] {
    return [...this.#running.keys()].flatMap(({ turnId }) => turnId ?? []);
  }

  /** Ends what a server that is gone was answering, also one of ours that could not be stored: its question is shown, and may be asked again. */
  async #endLost(signal: AbortSignal): Promise<void> {
    const { turns, clock, logger } = this.#deps;
    try {
      for (const turn of await turns.lost(this.#turnIds(), LOST_AT_ONCE)) {
        if (signal.aborted) return;
        const { code, message } = answerLost();
        const failure = { code, message };
        await turns.finish({ ...noAnswer(turn, clock.nowMs()), status: "failed", failure, ifLost: true });
        logger.warn("turn lost", { turnId: turn.id });
      }
    } catch (error) {
      if (!signal.aborted) warnUnlessTold(logger, "lost turns could not be ended", error);
    }
  }

  #stopLeaseTimer(): void {
    clearInterval(this.#leaseTimer);
    this.#leaseTimer = undefined;
  }
}

function deletedError(): PipitError {
  return new PipitError("CHAT_NOT_FOUND", "This was deleted while it was being answered. Ask it anew.");
}
