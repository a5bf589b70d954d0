import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A full collection, for tests of what is kept; what was let go in this very turn of the event loop may live on. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}
