import type { Failure } from "./failure.ts";

const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
/** "try again in 1h2m3.5s", "retry after 20 seconds" */
const WAIT_WORDS =
  /\b(?:again|retry|resets?) (?:in|after)((?: ?\d+(?:\.\d+)? ?(?:d|h|ms|m|s|days?|hours?|min(?:ute)?s?|sec(?:ond)?s?)(?![a-z]))+)/i;
const WAIT_PART = /(\d+(?:\.\d+)?) ?(ms|d|h|m|s)/gi;

/**
 * How long a model server wants to be left alone: by `retry-after-ms`, else `retry-after` as seconds or an HTTP date (RFC
 * 9110, section 10.2.3), else by its words. Undefined when it does not say, or a time that is over.
 */
export function waitMsOf(
  { headers, text }: Pick<Failure, "headers" | "text">,
  nowMs: number,
): number | undefined {
  const told =
    millisecondsIn(headers["retry-after-ms"], 1) ??
    millisecondsIn(headers["retry-after"], UNIT_MS.s) ??
    dateIn(headers["retry-after"], nowMs) ??
    wordsIn(text);
  return told !== undefined && told > 0 ? told : undefined;
}

/** A time for people to read, in its one or two largest units. */
export function waitText(waitMs: number | undefined): string {
  if (waitMs === undefined) return "a little";
  const minutes = Math.ceil(waitMs / UNIT_MS.m);
  if (waitMs <= 90 * UNIT_MS.s) return `${Math.ceil(waitMs / UNIT_MS.s)} s`;
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.ceil(minutes / 60);
  return hours <= 48 ? `${hours} h` : `${Math.ceil(hours / 24)} days`;
}

function millisecondsIn(value: string | undefined, unitMs: number): number | undefined {
  const count = value === undefined || value.trim() === "" ? Number.NaN : Number(value);
  return Number.isFinite(count) ? count * unitMs : undefined;
}

function dateIn(value: string | undefined, nowMs: number): number | undefined {
  const at = Date.parse(value ?? "");
  return Number.isNaN(at) ? undefined : at - nowMs;
}

function wordsIn(text: string): number | undefined {
  const told = WAIT_WORDS.exec(text)?.[1];
  if (told === undefined) return undefined;
  let sum = 0;
  for (const [, count, unit] of told.matchAll(WAIT_PART))
    sum += Number(count) * UNIT_MS[unit?.toLowerCase() as keyof typeof UNIT_MS];
  return sum;
}
