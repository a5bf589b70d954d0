import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { collect } from "#tests/doubles/collect.ts";
import { abortable } from "./abortable.ts";

describe("abortable", () => {
  test("passes everything through and leaves no listener behind", async () => {
    const { signal } = new AbortController();
    async function* source() {
      yield 1;
      yield 2;
    }
    expect(await collect(abortable(source(), signal))).toEqual([1, 2]);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("ends at once with the reason, even when the source hangs and ignores the signal", async () => {
    const controller = new AbortController();
    let returned = false;
    const hanging: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => {
          returned = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const reading = collect(abortable(hanging, controller.signal));
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    expect(returned).toBe(true);
  });

  test("does not start a source after the abort", async () => {
    let started = false;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]() {
        started = true;
        throw new Error("must not be reached");
      },
    };
    await expect(collect(abortable(source, AbortSignal.abort(new Error("before"))))).rejects.toThrow(
      "before",
    );
    expect(started).toBe(false);
  });

  test("returns the source when the reader leaves, and swallows what that throws", async () => {
    let cleaned = false;
    async function* source() {
      try {
        yield 1;
        yield 2;
      } finally {
        cleaned = true;
        // oxlint-disable-next-line no-unsafe-finally -- the very fault that must concern nobody
        throw new Error("late");
      }
    }
    for await (const value of abortable(source(), new AbortController().signal)) {
      expect(value).toBe(1);
      break;
    }
    expect(cleaned).toBe(true);
  });
});
