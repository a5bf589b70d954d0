import { isIndexDamage } from "../errors/storage-errors.ts";

/** Makes a method that mends the index when it finds it damaged, and then does its work again: nothing of it was kept. */
export type Mended = <Args extends readonly unknown[], Result>(
  work: (...args: Args) => Promise<Result>,
) => (...args: Args) => Promise<Result>;

/** @param mend empties the index, to be made anew from the turns */
export function mendedBy(mend: () => Promise<void>): Mended {
  return (work) =>
    async (...args) => {
      try {
        return await work(...args);
      } catch (reason) {
        if (!isIndexDamage(reason)) throw reason;
        await mend();
        return work(...args);
      }
    };
}
