import { describe, expect, test } from "vitest";
import { toResult } from "./result.ts";
import { interleave, median, quantile } from "./statistics.ts";

describe("quantile", () => {
  test("takes the nearest rank and leaves the list alone", () => {
    const values = [5, 1, 4, 2, 3];
    expect(median(values)).toBe(3);
    expect(quantile(values, 0.95)).toBe(5);
    expect(quantile(values, 0)).toBe(1);
    expect(values).toEqual([5, 1, 4, 2, 3]);
  });

  test("refuses an empty list", () => {
    expect(() => median([])).toThrow("nothing");
  });
});

test("interleave alternates the order and drops the warm-up", async () => {
  const order: string[] = [];
  const contender = (name: string) => ({
    name,
    measure: async () => order.push(name),
  });
  const samples = await interleave(
    [contender("a"), contender("b")],
    { warmups: 1, measured: 2 },
    AbortSignal.timeout(1_000),
  );
  expect(order.join("")).toBe("abbaab");
  expect(samples.get("a")).toEqual([4, 5]);
  expect(samples.get("b")).toEqual([3, 6]);
});

test("interleave measures once, whatever the budget, and no more when it is spent", async () => {
  const contender = { name: "slow", measure: async () => 1 };
  const rounds = { warmups: 1, measured: 50, budgetMs: -1 };
  const samples = await interleave([contender], rounds, AbortSignal.timeout(1_000));
  expect(samples.get("slow")).toEqual([1]);
});

describe("toResult", () => {
  test("judges the ratio when the goal is about it", () => {
    const figure = { name: "x", unit: "messages/s", value: 65, baseline: 100, baselineName: "bare" };
    expect(toResult({ ...figure, goal: { of: "ratio", atLeast: 0.7 } })).toMatchObject({
      ratio: 0.65,
      ok: false,
    });
    expect(toResult({ ...figure, goal: { of: "value", atLeast: 0.7 } })).toMatchObject({ ok: true });
  });

  test("never reaches a goal without a number", () => {
    expect(toResult({ name: "x", unit: "ms", value: Number.NaN, goal: { of: "value", atMost: 5 } }).ok).toBe(
      false,
    );
    expect(toResult({ name: "x", unit: "ms", value: 1, goal: { of: "ratio", atMost: 5 } })).toMatchObject({
      ratio: null,
      ok: false,
    });
  });
});
