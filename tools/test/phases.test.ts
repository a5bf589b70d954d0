import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { addCounts, runLanes, type Phase } from "./phases.ts";
import { figureText, isGood, noTests, type TestCounts } from "./vitest-run.ts";

const passed = (count: number): TestCounts => ({ ...noTests, passed: count });

/** A phase that speaks when it begins and when it may end, and notes what happened when. */
function phase(name: string, events: string[], end: Promise<TestCounts>): Phase {
  return {
    name,
    async run(output) {
      events.push(`${name} began`);
      if (typeof output === "function") output(Buffer.from(`${name} 1\n`));
      const counts = await end;
      if (typeof output === "function") output(Buffer.from(`${name} 2\n`));
      return counts;
    },
  };
}

function recordShown(): { readonly show: (text: string | Uint8Array) => void; readonly shown: string[] } {
  const shown: string[] = [];
  return { shown, show: (text) => void shown.push(Buffer.from(text).toString("utf8")) };
}

test("lanes run side by side, and what a phase says comes in one piece when it ends", async () => {
  const { show, shown } = recordShown();
  const events: string[] = [];
  const first = Promise.withResolvers<TestCounts>();
  const beside = Promise.withResolvers<TestCounts>();
  const ran = runLanes(
    [
      [phase("a", events, first.promise), phase("b", events, Promise.resolve(passed(2)))],
      [phase("c", events, beside.promise)],
    ],
    show,
    new AbortController().signal,
  );
  expect(events).toEqual(["a began", "c began"]);
  beside.resolve(passed(4));
  await beside.promise;
  first.resolve(passed(1));
  expect(await ran).toEqual(passed(7));
  expect(events).toEqual(["a began", "c began", "b began"]);
  const texts = shown.map((text) => text.replace(/ in \d+ s/, ""));
  expect(texts.toSorted()).toEqual([
    "a 1\na 2\ntest: a: 1 passed, 0 failed\n",
    "b 1\nb 2\ntest: b: 2 passed, 0 failed\n",
    "c 1\nc 2\ntest: c: 4 passed, 0 failed\n",
  ]);
});

test("a phase that is stopped shows what it had said, and the run says why it ended", async () => {
  const { show, shown } = recordShown();
  const stop = new AbortController();
  const hanging = wait(60_000, noTests, { signal: stop.signal });
  const ran = runLanes([[phase("a", [], hanging)]], show, stop.signal);
  stop.abort();
  await expect(ran).rejects.toThrow("aborted");
  expect(shown).toEqual([expect.stringMatching(/^a 1\ntest: a: was stopped in \d+ s\n$/)]);
});

test("a run that says no without a failed test is one failure more", () => {
  expect(addCounts([passed(3), { ...noTests, ok: false }])).toEqual({ ...passed(3), failed: 1, ok: false });
});

test("a skipped test fails a run in CI, and is named in its figures", () => {
  const skipped: TestCounts = { ...passed(3), skipped: 1 };
  expect(isGood(skipped, true)).toBe(false);
  expect(isGood(skipped, false)).toBe(true);
  expect(isGood({ ...passed(3), failed: 1 }, false)).toBe(false);
  expect(isGood({ ...passed(3), ok: false }, false)).toBe(false);
  expect(figureText(skipped)).toBe("3 passed, 0 failed, 1 skipped");
});
