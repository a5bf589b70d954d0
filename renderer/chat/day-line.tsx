import { useTranslation } from "react-i18next";
import { dayName } from "./message-time.ts";

/** Stands above the first message of a day. */
export function DayLine({ atMs }: { readonly atMs: number }) {
  const { t, i18n } = useTranslation("shell");
  const name = dayName(atMs, Date.now(), i18n.language);
  return (
    <p className="pt-4 pb-1 text-center text-caption text-faint">
      {typeof name === "string" ? t(`drawer.${name}`) : name.date}
    </p>
  );
}
