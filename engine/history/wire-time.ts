import * as z from "zod/mini";

/** Epoch milliseconds, or a time in ISO 8601; without an offset it is UTC. */
export const timeSchema = z
  .pipe(
    z.union([z.number(), z.string()]),
    z.transform((value) => (typeof value === "number" ? value : parseTime(value))),
  )
  .check(z.refine((ms) => Number.isFinite(ms), "not a time"));

function parseTime(value: string): number {
  const hasOffset = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(value);
  return Date.parse(hasOffset || !value.includes("T") ? value : `${value}Z`);
}
