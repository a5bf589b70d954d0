import { describe, expect, test } from "vitest";
import { dayName, startsDay } from "./message-time.ts";

const noon = new Date(2026, 10, 21, 12).getTime();
const hourMs = 3_600_000;

describe("days", () => {
  test("start with the first message, and where the date changes", () => {
    expect(startsDay(undefined, noon)).toBe(true);
    expect(startsDay(noon, noon + hourMs)).toBe(false);
    expect(startsDay(noon, noon + 12 * hourMs)).toBe(true);
  });

  test("are the same day of another month only by their number", () => {
    expect(startsDay(noon, new Date(2026, 11, 21, 12).getTime())).toBe(true);
  });

  test("have names near today, and dates else", () => {
    expect(dayName(noon, noon, "en")).toBe("today");
    expect(dayName(noon - 24 * hourMs, noon, "en")).toBe("yesterday");
    expect(dayName(noon - 48 * hourMs, noon, "en")).toEqual({ date: "Thursday, November 19" });
    expect(dayName(new Date(2025, 0, 2).getTime(), noon, "ru")).toEqual({ date: "2 января 2025 г." });
  });
});
