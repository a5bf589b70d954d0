/** Whether a message is the first of its day, in the time zone of this machine. */
export function startsDay(previousMs: number | undefined, atMs: number): boolean {
  return previousMs === undefined || startOfDay(previousMs) !== startOfDay(atMs);
}

/** What stands above the first message of a day. */
export type DayName = "today" | "yesterday" | { readonly date: string };

/** The name of the day of `atMs`, seen from `nowMs`; the year is named when it is another one. */
export function dayName(atMs: number, nowMs: number, language: string): DayName {
  const today = startOfDay(nowMs);
  if (startOfDay(atMs) === today) return "today";
  if (startOfDay(atMs) === startOfDay(today - 1)) return "yesterday";
  return { date: (isSameYear(atMs, nowMs) ? weekdayFormat : dayAndYearFormat)(language).format(atMs) };
}

/** "21 November"; with the year when it is not `nowMs`'s. */
export function dateOf(atMs: number, nowMs: number, language: string): string {
  return (isSameYear(atMs, nowMs) ? dayFormat : dayAndYearFormat)(language).format(atMs);
}

/** "November"; with the year when it is not `nowMs`'s. */
export function monthOf(atMs: number, nowMs: number, language: string): string {
  return (isSameYear(atMs, nowMs) ? monthFormat : monthAndYearFormat)(language).format(atMs);
}

/** Midnight before, in the time zone of this machine. */
export function startOfDay(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0);
}

/** "14:03", as the language writes it. */
export function clockTime(atMs: number, language: string): string {
  return timeFormat(language).format(atMs);
}

/** "14:03", with the date in front of it when it is not `nowMs`'s. */
export function momentOf(atMs: number, nowMs: number, language: string): string {
  const time = clockTime(atMs, language);
  return startOfDay(atMs) === startOfDay(nowMs) ? time : `${dateOf(atMs, nowMs, language)}, ${time}`;
}

/** Date and time, for the tooltip. */
export function fullTime(atMs: number, language: string): string {
  return fullFormat(language).format(atMs);
}

function isSameYear(leftMs: number, rightMs: number): boolean {
  return new Date(leftMs).getFullYear() === new Date(rightMs).getFullYear();
}

const weekdayFormat = cached({ weekday: "long", day: "numeric", month: "long" });
const dayFormat = cached({ day: "numeric", month: "long" });
const dayAndYearFormat = cached({ day: "numeric", month: "long", year: "numeric" });
const monthFormat = cached({ month: "long" });
const monthAndYearFormat = cached({ month: "long", year: "numeric" });
const timeFormat = cached({ hour: "numeric", minute: "2-digit" });
const fullFormat = cached({ dateStyle: "full", timeStyle: "short" });

/** Making a format costs about as much as a whole message; there are two languages. */
function cached(options: Intl.DateTimeFormatOptions): (language: string) => Intl.DateTimeFormat {
  const formats = new Map<string, Intl.DateTimeFormat>();
  return (language) => {
    const known = formats.get(language);
    if (known !== undefined) return known;
    const made = new Intl.DateTimeFormat(language, options);
    formats.set(language, made);
    return made;
  };
}
