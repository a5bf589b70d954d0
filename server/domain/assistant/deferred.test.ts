import { describe, expect, test } from "vitest";
import { collect } from "#tests/doubles/collect.ts";
import { deferred } from "./deferred.ts";

function source(log: string[]) {
  return async function* numbers(): AsyncGenerator<number, void, void> {
    try {
      yield 1;
      yield 2;
    } finally {
      log.push("left");
    }
  };
}

describe("deferred", () => {
  test("opens when it is read, and gives everything", async () => {
    const log: string[] = [];
    const stream = deferred(async () => {
      log.push("opened");
      return source(log)();
    });
    expect(log).toEqual([]);
    expect(await collect(stream)).toEqual([1, 2]);
    expect(log).toEqual(["opened", "left"]);
  });

  test("passes on why it could not be opened", async () => {
    const stream = deferred<number>(() => Promise.reject(new Error("closed")));
    await expect(collect(stream)).rejects.toThrow("closed");
  });

  test("leaving the loop leaves the source", async () => {
    const log: string[] = [];
    for await (const value of deferred(async () => source(log)())) {
      expect(value).toBe(1);
      break;
    }
    expect(log).toEqual(["left"]);
  });

  test("leaving before or while it is opened is harmless", async () => {
    const never = deferred<number>(() => Promise.reject(new Error("must not be opened")));
    expect(await never[Symbol.asyncIterator]().return?.()).toEqual({ done: true, value: undefined });
    const opening = Promise.withResolvers<AsyncGenerator<number, void, void>>();
    const iterator = deferred(() => opening.promise)[Symbol.asyncIterator]();
    const first = iterator.next();
    const left = iterator.return?.();
    opening.resolve(source([])());
    expect((await first).value).toBe(1);
    expect(await left).toEqual({ done: true, value: undefined });
    expect((await iterator.next()).done).toBe(true);
  });
});
