import { expect, test } from "vitest";
import { mannWhitneyP } from "./mann-whitney.ts";

const range = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

test("samples that are alike differ by chance, samples that are far apart do not", () => {
  expect(mannWhitneyP([1, 1, 1], [1, 1, 1])).toBe(1);
  expect(mannWhitneyP(range(0, 100), range(0, 100))).toBeCloseTo(1, 5);
  expect(mannWhitneyP(range(0, 100), range(1_000, 100))).toBeLessThan(1e-5);
});

test("it agrees with scipy.stats.mannwhitneyu(method='asymptotic')", () => {
  // Female and male ages of diagnosis, the example of its documentation.
  expect(mannWhitneyP([19, 22, 16, 29, 24], [20, 11, 17, 12])).toBeCloseTo(0.11134688653, 3);
  expect(mannWhitneyP([20, 11, 17, 12], [19, 22, 16, 29, 24])).toBeCloseTo(0.11134688653, 3);
});

test("nothing cannot be compared", () => {
  expect(() => mannWhitneyP([], [1])).toThrow("nothing to compare");
});
