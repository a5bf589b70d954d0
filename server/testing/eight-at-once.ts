import type { Store } from "../store/store.ts";
import type { DatabaseStore } from "./databases.ts";

/**
 * Runs `work` eight times at once: by two servers where a database can be shared, by one where it cannot. Resolves to
 * the eight results.
 */
export async function eightAtOnce<T>(
  temporary: DatabaseStore,
  work: (store: Store, n: number) => Promise<T>,
): Promise<readonly T[]> {
  const { store, location } = temporary;
  const second = "databaseUrl" in location ? await temporary.openSecond() : store;
  return Promise.all(Array.from({ length: 8 }, (_, n) => work(n % 2 === 0 ? store : second, n)));
}
