import { useTranslation } from "react-i18next";
import type { Problem } from "#contract/texts/error-text.ts";
import { useErrorText, useFailureText } from "../i18n/use-error-text.ts";

interface FailureDetailProps {
  readonly failure: Problem;
  readonly className: string;
}

/** The own words of why a message was not answered, where its text of ours does not hold them. */
export function FailureDetail({ failure, className }: FailureDetailProps) {
  const { detail } = useErrorText()(failure);
  const text = useFailureText()(failure);
  if (detail === undefined || text.includes(detail)) return;
  return (
    <div className={`text-small wrap-anywhere ${className}`}>
      <ErrorDetail detail={detail} />
    </div>
  );
}

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
