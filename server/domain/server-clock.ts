import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { repeat } from "./repeat.ts";

/** From here on the log and `/health` say so. */
const WARN_MS = 5_000;
/** From here on nothing is done that depends on time. */
const REFUSE_MS = 60_000;
const EVERY_MS = 60_000;
/** For a clock that is off or wrong. */
export const CLOCK_CURE = "Have NTP set the clocks of this machine and of the database's.";

/** own: SQLite, which no other machine uses. off: by more than 5 s from the database's. wrong: by more than 60 s. */
export type ClockState = "own" | "right" | "off" | "wrong";

interface ServerClockOptions {
  /** Of the machine; it may be wrong, and may be set while the server runs. */
  readonly machine: Clock;
  readonly logger: Logger;
  /** Milliseconds that go on evenly, whatever the machine's clock is set to; default: those of the process. */
  readonly elapsedMs?: () => number;
  /** Between two looks at the database's clock; default a minute. */
  readonly everyMs?: number;
}

/** A look at the database's clock. */
interface Look {
  readonly databaseMs: number;
  readonly elapsedMs: number;
  /** The machine's clock at that moment. */
  readonly machineMs: number;
}

/**
 * The time by which a server works: the database's, which all servers of one database share, so that a clock that is
 * wrong on one machine neither ends sessions nor removes what is not too old. Until it follows a database it is the
 * machine's.
 *
 * Who differs by a minute from the database does nothing at all that depends on time, because it may as well be the
 * database that is wrong.
 */
export class ServerClock implements Clock, AsyncDisposable {
  readonly #machine: Clock;
  readonly #logger: Logger;
  readonly #elapsedMs: () => number;
  readonly #everyMs: number;
  #ask: (() => Promise<number>) | undefined;
  #looks: AsyncDisposable | undefined;
  #looking: Promise<void> | undefined;
  #last: Look | undefined;
  #state: ClockState = "own";

  constructor({
    machine,
    logger,
    elapsedMs = () => performance.now(),
    everyMs = EVERY_MS,
  }: ServerClockOptions) {
    this.#machine = machine;
    this.#logger = logger;
    this.#elapsedMs = elapsedMs;
    this.#everyMs = everyMs;
  }

  /**
   * Goes by a database from now on, and looks at its clock again every minute, and when the machine's was set.
   *
   * @param askMs the database's time, epoch milliseconds
   * @throws what `askMs` throws the first time; later the time that is known goes on
   */
  async follow(askMs: () => Promise<number>): Promise<void> {
    this.#ask = askMs;
    await this.#look(askMs);
    this.#looks = repeat(() => this.#lookAgain(), { firstAfterMs: this.#everyMs, everyMs: this.#everyMs });
  }

  nowMs(): number {
    const last = this.#last;
    if (last === undefined) return this.#machine.nowMs();
    return Math.round(last.databaseMs + this.#sinceMs(last));
  }

  get state(): ClockState {
    if (this.#last !== undefined) this.#sinceMs(this.#last);
    return this.#state;
  }

  /** How far the machine's clock was ahead of the database's, seconds; undefined without another machine's. */
  get aheadSeconds(): number | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    this.#sinceMs(last);
    return (last.machineMs - last.databaseMs) / 1000;
  }

  /** For all that depends on time. Throws CLOCK_WRONG while this machine and the database differ by a minute. */
  readonly requireRight = (): void => {
    if (this.state !== "wrong") return;
    throw new PipitError(
      "CLOCK_WRONG",
      "The clock of this server is more than 60 s from that of its database, so it signs nobody in. " +
        CLOCK_CURE,
    );
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ask = undefined;
    await this.#looks?.[Symbol.asyncDispose]();
    await this.#looking;
  }

  #sinceMs({ elapsedMs, machineMs }: Look): number {
    const sinceMs = this.#elapsedMs() - elapsedMs;
    // Set by hand or by NTP, or the machine has slept.
    const setMs = this.#machine.nowMs() - machineMs - sinceMs;
    if (Math.abs(setMs) > WARN_MS) void this.#lookAgain();
    return sinceMs;
  }

  #lookAgain(): Promise<void> {
    const ask = this.#ask;
    if (ask === undefined) return Promise.resolve();
    return (this.#looking ??= this.#look(ask)
      // A database that does not answer is told elsewhere.
      .catch(() => undefined)
      .finally(() => {
        this.#looking = undefined;
      }));
  }

  async #look(ask: () => Promise<number>): Promise<void> {
    const askedMs = this.#elapsedMs();
    const answer = await ask();
    const elapsedMs = this.#elapsedMs();
    // It was asked for somewhere on the way.
    const eitherWayMs = (elapsedMs - askedMs) / 2;
    const look: Look = { databaseMs: answer + eitherWayMs, elapsedMs, machineMs: this.#machine.nowMs() };
    this.#last = look;
    const apartMs = Math.abs(look.machineMs - look.databaseMs) - eitherWayMs;
    this.#become(apartMs >= REFUSE_MS ? "wrong" : apartMs >= WARN_MS ? "off" : "right", look);
  }

  #become(state: ClockState, { machineMs, databaseMs }: Look): void {
    const before = this.#state;
    this.#state = state;
    if (state === before) return;
    const aheadMs = Math.round(machineMs - databaseMs);
    if (state === "wrong") this.#logger.error("clock.wrong", { aheadMs, cure: CLOCK_CURE });
    else if (state === "off") this.#logger.warn("clock.off", { aheadMs, cure: CLOCK_CURE });
    else if (before !== "own") this.#logger.info("clock.right", { aheadMs });
  }
}
