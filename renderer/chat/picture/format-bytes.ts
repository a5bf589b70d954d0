import type { TFunction } from "i18next";

const kibibyte = 1024;
const mebibyte = kibibyte * kibibyte;

/** "812 KB", "3.4 MB". */
export function formatBytes(bytes: number, language: string, t: TFunction<"chat">): string {
  const number = (value: number, digits: number) =>
    value.toLocaleString(language, { maximumFractionDigits: digits });
  return bytes < mebibyte
    ? t("kilobytes", { amount: number(Math.max(1, bytes / kibibyte), 0) })
    : t("megabytes", { amount: number(bytes / mebibyte, 1) });
}
