import { useTranslation } from "react-i18next";

/** What the host said of an error, for those who want to know more. */
export function ErrorDetail({ detail }: { readonly detail: string | undefined }) {
  const { t } = useTranslation("shell");
  if (detail === undefined) return;
  return (
    <details className="text-soft">
      <summary className="w-fit rounded-small">{t("details")}</summary>
      <p className="pt-1 select-text">{detail}</p>
    </details>
  );
}
