import type { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/access/caller.ts";

/** With the time that a look takes, less than the second that is promised. */
const LOOK_EVERY_MS = 700;

interface Watched {
  readonly caller: Caller;
  readonly end: (error: PipitError) => void;
}

/**
 * Tells what runs on when the sign-in behind it has ended. All of them are one question to the database, however many
 * streams and sockets are open.
 *
 * @param endsOf for each caller why its sign-in is over, or undefined
 */
export function createSignInWatch(
  endsOf: (callers: readonly Caller[]) => Promise<readonly (PipitError | undefined)[]>,
) {
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let lookAgain = false;

  const remove = (one: Watched): void => {
    watched.delete(one);
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  const look = async (): Promise<void> => {
    const asked = [...watched];
    const ends = await endsOf(asked.map(({ caller }) => caller));
    for (const [at, one] of asked.entries()) {
      const error = ends[at];
      if (error === undefined || !watched.has(one)) continue;
      remove(one);
      one.end(error);
    }
  };

  /** One look at a time; what is asked for meanwhile is done after it, since it may have begun too early. */
  const lookNow = async (): Promise<void> => {
    lookAgain = true;
    if (looking) return;
    looking = true;
    try {
      while (lookAgain && watched.size > 0) {
        lookAgain = false;
        await look();
      }
    } catch {
      // While the database does not answer nothing can be said; the next look asks again.
    } finally {
      looking = false;
    }
  };

  return {
    lookNow: (): void => void lookNow(),

    add(caller: Caller, end: (error: PipitError) => void): Disposable {
      // Nothing that could be ended.
      if ((caller.tokenId ?? caller.webSessionId ?? caller.apiKeyId) === undefined)
        return { [Symbol.dispose]() {} };
      const one: Watched = { caller, end };
      watched.add(one);
      timer ??= setInterval(() => void lookNow(), LOOK_EVERY_MS).unref();
      return { [Symbol.dispose]: () => remove(one) };
    },
  };
}
