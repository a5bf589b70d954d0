import { useMemo } from "react";
import { useTranslation } from "react-i18next";

/** Dates and numbers as the window's language writes them. */
export function useFormat() {
  const { i18n } = useTranslation();
  return useMemo(() => createFormat(i18n.language), [i18n.language]);
}

/** For a BCP 47 language; formatters are made once, because making one is slow. */
function createFormat(language: string) {
  const time = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
  const dayOfYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
  const number = new Intl.NumberFormat(language);
  return {
    /** "14:05", "2:05 PM" */
    time: (epochMs: number) => time.format(epochMs),
    /** "21 November"; with the year when it is not `nowMs`'s. */
    day: (epochMs: number, nowMs: number) =>
      (new Date(epochMs).getFullYear() === new Date(nowMs).getFullYear() ? day : dayOfYear).format(epochMs),
    number: (value: number) => number.format(value),
  };
}

/** Midnight before, in the time zone of this machine. */
export function startOfDay(epochMs: number): number {
  return new Date(epochMs).setHours(0, 0, 0, 0);
}
