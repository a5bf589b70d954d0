import { useTranslation } from "react-i18next";
import type { ActionError } from "../bridge/use-action.ts";
import { useErrorText } from "../i18n/use-error-text.ts";
import { ErrorNote } from "../ui/error-note.tsx";
import { Note } from "../ui/note.tsx";
import { clockText, useCountdown } from "../ui/use-countdown.ts";

/** Why a sign-in failed; where one has to wait, for how long still. It goes when the wait is over. */
export function SignInError({ error }: { readonly error: ActionError | undefined }) {
  const { t } = useTranslation("auth");
  const errorText = useErrorText();
  const left = useCountdown(error?.retryAtMs);
  if (error === undefined) return;
  if (error.retryAtMs === undefined) return <ErrorNote error={error} />;
  if (left === 0) return;
  return (
    <Note tone="danger" title={errorText(error).what}>
      {/* Read out once, in minutes; the seconds are for the eye. */}
      <p className="sr-only">{t("wait", { count: Math.ceil((error.retryAtMs - Date.now()) / 60_000) })}</p>
      <p aria-hidden="true" className="tabular-nums">
        {t("waitClock", { clock: clockText(left) })}
      </p>
    </Note>
  );
}
