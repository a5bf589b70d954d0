import { describe, expect, test } from "vitest";
import { readAhead } from "./read-ahead.ts";

const { signal } = new AbortController();

/** Counts up; remembers how far it was read and that it was closed. */
function counter(limit: number) {
  const seen = { read: 0, closed: false };
  async function* source(): AsyncGenerator<number, void> {
    try {
      for (; seen.read < limit; seen.read += 1) yield seen.read;
    } finally {
      seen.closed = true;
    }
  }
  return { seen, source };
}

/** Lets everything that is ready run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe("readAhead", () => {
  test("reads before it is asked, but only so far, and loses nothing", async () => {
    const { seen, source } = counter(100);
    const ahead = readAhead(source, 5, signal);
    await settle();
    expect(seen.read).toBeLessThanOrEqual(5);
    expect(seen.read).toBeGreaterThan(2);
    expect(await Array.fromAsync(ahead)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(seen.closed).toBe(true);
  });

  test("leaving the loop closes the source", async () => {
    const { seen, source } = counter(100);
    for await (const item of readAhead(source, 5, signal)) if (item === 3) break;
    expect(seen.closed).toBe(true);
  });

  test("an error of the source comes after what was read before it", async () => {
    async function* failing(): AsyncGenerator<number, void> {
      yield 1;
      throw new Error("broken");
    }
    const got: number[] = [];
    const reading = async (): Promise<void> => {
      for await (const item of readAhead(failing, 5, signal)) got.push(item);
    };
    await expect(reading()).rejects.toThrow("broken");
    expect(got).toEqual([1]);
  });

  test("an abort stops the source even when nobody reads", async () => {
    const controller = new AbortController();
    const { seen, source } = counter(100);
    const ahead = readAhead(source, 5, controller.signal);
    await settle();
    controller.abort(new Error("stop"));
    await ahead.finished;
    expect(seen.closed).toBe(true);
    await expect(Array.fromAsync(ahead)).rejects.toThrow("stop");
  });
});
