import { z } from "zod";
import type { Clock } from "#contract/clock.ts";
import type { AssistantTool } from "../ports.ts";
import { defineTool, failure, toolInput } from "./define-tool.ts";

const input = toolInput({
  timezone: z
    .string()
    .max(64)
    .optional()
    .describe('IANA time zone, e.g. "Europe/Berlin". Leave out for the time zone of this machine.'),
});

/** Tells date and time anywhere. */
export function createCurrentTimeTool(clock: Clock, locale: string): AssistantTool {
  return defineTool({
    name: "current_time",
    description: "Current date, time and weekday in a time zone.",
    input,
    run({ timezone }) {
      const zone = timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
      const now = timeIn(clock.nowMs(), zone);
      if (now === undefined) {
        const why = `"${zone}" is not a time zone; use an IANA name such as Europe/Berlin`;
        return Promise.resolve(failure("current_time", why));
      }
      return Promise.resolve({ value: now, summary: describeTime(clock.nowMs(), zone, locale) });
    },
  });
}

/** A moment in one time zone, for a model. */
export interface ZonedTime {
  /** ISO 8601 in UTC. */
  readonly utc: string;
  readonly timezone: string;
  /** YYYY-MM-DD */
  readonly date: string;
  /** HH:MM:SS */
  readonly time: string;
  readonly weekday: string;
  /** e.g. "GMT+02:00" */
  readonly utc_offset: string;
}

/** Undefined: there is no such time zone. */
export function timeIn(nowMs: number, timezone: string): ZonedTime | undefined {
  try {
    const parts = new Intl.DateTimeFormat("en-CA", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      weekday: "long",
      timeZoneName: "longOffset",
    }).formatToParts(nowMs);
    const get = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? "";
    return {
      utc: new Date(nowMs).toISOString(),
      timezone,
      date: `${get("year")}-${get("month")}-${get("day")}`,
      time: `${get("hour")}:${get("minute")}:${get("second")}`,
      weekday: get("weekday"),
      utc_offset: get("timeZoneName"),
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** For a person, e.g. "Saturday, 21 November 2026 at 14:05 (Europe/Berlin)". `timezone` must exist. */
export function describeTime(nowMs: number, timezone: string, locale: string): string {
  const format = { dateStyle: "full", timeStyle: "short", timeZone: timezone } as const;
  return `${new Intl.DateTimeFormat(knownLocale(locale), format).format(nowMs)} (${timezone})`;
}

/** A tag that Intl takes; "en" for garbage. */
export function knownLocale(locale: string): string {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale)[0] ?? "en";
  } catch {
    return "en";
  }
}
