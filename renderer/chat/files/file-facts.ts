import { useTranslation } from "react-i18next";
import type { SentFile } from "#contract/attached-file.ts";
import { formatBytes } from "../picture/format-bytes.ts";

/** Gives what a chip says below a file's name: pages, size, and where it was cut. */
export function useFileFacts(): (file: Pick<SentFile, "sizeBytes" | "pages"> & Partial<SentFile>) => string {
  const { t, i18n } = useTranslation("chat");
  return ({ sizeBytes, pages, chars = 0, cut = false }) =>
    [
      ...(pages === undefined ? [] : [t("filePages", { count: pages })]),
      formatBytes(sizeBytes, i18n.language, t),
      ...(cut ? [t("fileCut", { length: chars.toLocaleString(i18n.language) })] : []),
    ].join(", ");
}
