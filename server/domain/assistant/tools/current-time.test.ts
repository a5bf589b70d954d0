import { describe, expect, test } from "vitest";
import { createCurrentTimeTool, describeTime, knownLocale, timeIn } from "./current-time.ts";

const never = new AbortController().signal;
const NOW_MS = Date.UTC(2026, 10, 21, 13, 5, 9);
const clock = { nowMs: () => NOW_MS };

describe("current_time", () => {
  test.each([
    ["Asia/Tokyo", "2026-11-21", "22:05:09", "Saturday", "GMT+09:00"],
    ["America/New_York", "2026-11-21", "08:05:09", "Saturday", "GMT-05:00"],
    ["Asia/Kolkata", "2026-11-21", "18:35:09", "Saturday", "GMT+05:30"],
    ["Pacific/Auckland", "2026-11-22", "02:05:09", "Sunday", "GMT+13:00"],
    ["UTC", "2026-11-21", "13:05:09", "Saturday", "GMT+00:00"],
  ])("in %s", async (timezone, date, time, weekday, utcOffset) => {
    const result = await createCurrentTimeTool(clock, "en").run({ timezone }, never);
    expect(result.value).toEqual({
      utc: "2026-11-21T13:05:09.000Z",
      timezone,
      date,
      time,
      weekday,
      utc_offset: utcOffset,
    });
    expect(result.summary).toContain(timezone);
  });

  test.each([[{}], [{ timezone: null }], [undefined]])("%j means this machine's zone", async (input) => {
    const result = await createCurrentTimeTool(clock, "en").run(input, never);
    expect(result.value).toMatchObject({ timezone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  });

  test("midnight is 00, not 24", () => {
    expect(timeIn(Date.UTC(2026, 0, 1), "UTC")?.time).toBe("00:00:00");
  });

  test.each([["Mars/Base"], ["'; drop"]])("%s is a failed result", async (timezone) => {
    const result = await createCurrentTimeTool(clock, "en").run({ timezone }, never);
    expect(result).toMatchObject({ failed: true, value: expect.stringContaining("not a time zone") });
  });

  test("is described in the person's language; garbage is English", () => {
    expect(describeTime(NOW_MS, "Europe/Moscow", "ru")).toMatch(
      /^суббота, 21 ноября 2026.*16:05 \(Europe\/Moscow\)$/,
    );
    expect(describeTime(NOW_MS, "Europe/Moscow", "en-GB")).toBe(
      "Saturday, 21 November 2026 at 16:05 (Europe/Moscow)",
    );
    expect(knownLocale("!!")).toBe("en");
    expect(knownLocale("tlh")).toBe("en");
  });
});
