import { useMemo } from "react";
import { useTranslation } from "react-i18next";

/** Dates and numbers as the window's language writes them. */
export interface Format {
  /** "14:05", "2:05 PM" */
  time(epochMs: number): string;
  /** "21 November"; with the year when it is not `nowMs`'s. */
  day(epochMs: number, nowMs: number): string;
  number(value: number): string;
}

export function useFormat(): Format {
  const { i18n } = useTranslation();
  return useMemo(() => createFormat(i18n.language), [i18n.language]);
}

/** For a BCP 47 language; formatters are made once, because making one is slow. */
function createFormat(language: string): Format {
  const time = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
  const dayOfYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
  const number = new Intl.NumberFormat(language);
  return {
    time: (epochMs) => time.format(epochMs),
    day: (epochMs, nowMs) =>
      (new Date(epochMs).getFullYear() === new Date(nowMs).getFullYear() ? day : dayOfYear).format(epochMs),
    number: (value) => number.format(value),
  };
}
