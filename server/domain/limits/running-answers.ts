import { boundsOf, Places } from "./places.ts";

/** A client that lost its connection comes back before the server hears of it: so many readers of an answer are one. */
const READERS_PER_ANSWER = 4;

/** Most answers that may run at once. */
export interface AnswerCaps {
  readonly answersPerAccount: number;
  readonly answersPerAddress: number;
}

/** The place of an answer that its client can join again. */
interface Shared {
  readers: number;
  readonly place: Disposable;
}

/** Counts the answers that run in this process: each holds memory and a place at the model for as long as it runs. */
export class RunningAnswers {
  readonly #caps: AnswerCaps;
  readonly #places = new Places();
  readonly #shared = new Map<string, Shared>();

  constructor(caps: AnswerCaps) {
    this.#caps = caps;
  }

  /**
   * A place for one answer until it is disposed of.
   *
   * @param network the client's; see {@link boundsOf}
   * @param messageId names an answer that can be joined: its readers have one place
   * @throws PipitError STREAM_LIMIT
   */
  enter(userId: string, network: string | undefined, messageId?: string): Disposable {
    if (messageId === undefined) return this.#count(userId, network);
    const key = JSON.stringify([userId, messageId]);
    const shared = this.#shared.get(key) ?? { readers: 0, place: this.#count(userId, network) };
    if (shared.readers >= READERS_PER_ANSWER) return this.#count(userId, network);
    shared.readers += 1;
    this.#shared.set(key, shared);
    return {
      [Symbol.dispose]: () => {
        shared.readers -= 1;
        if (shared.readers > 0) return;
        this.#shared.delete(key);
        shared.place[Symbol.dispose]();
      },
    };
  }

  #count(userId: string, network: string | undefined): Disposable {
    const { answersPerAccount: perAccount, answersPerAddress: perAddress } = this.#caps;
    return this.#places.enter(boundsOf({ perAccount, perAddress }, userId, network, full));
  }
}

function full(max: number, who: string): string {
  return `${max} answers are running for ${who} already, which is the limit. Wait until one of them ends, or stop one.`;
}
