import type { PageDatabase } from "./page-database.ts";

/** Small things that the page keeps, each under its name; `undefined` when there is none. */
export interface PageValues {
  read(name: string): Promise<unknown>;
  /** Replaces a value by what `change` makes of it; no other tab can come between. Resolves to the new value. */
  update<T>(name: string, change: (value: unknown) => T): Promise<T>;
}

/** @throws PipitError from each call: STORAGE_FULL, STORAGE_UNREADABLE. */
export function createPageValues(database: PageDatabase): PageValues {
  return {
    read: (name) => database.use((connection) => connection.get("values", name)),
    update: (name, change) =>
      database.use(async (connection) => {
        const transaction = connection.transaction("values", "readwrite");
        const work = async () => {
          const next = change(await transaction.store.get(name));
          await transaction.store.put(next, name);
          return next;
        };
        const [next] = await Promise.all([work(), transaction.done]);
        return next;
      }),
  };
}

/** For a browser that stores nothing: lives as long as the page. */
export function createMemoryValues(): PageValues {
  const values = new Map<string, unknown>();
  return {
    read: async (name) => values.get(name),
    async update(name, change) {
      const next = change(values.get(name));
      values.set(name, next);
      return next;
    },
  };
}
