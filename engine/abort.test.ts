import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { systemClock } from "./system-clock.ts";
import { withTimeout } from "./abort.ts";

test("a limit leaves nothing behind at a signal that lives on", async () => {
  const { signal } = new AbortController();
  let limited = AbortSignal.abort();
  const result = withTimeout(
    systemClock,
    60_000,
    signal,
    async (given) => {
      limited = given;
      return "done";
    },
    () => {
      throw new Error("not reached");
    },
  );
  expect(await result).toBe("done");
  expect(getEventListeners(limited, "abort")).toEqual([]);
});
