import { useTranslation } from "react-i18next";
import type { Problem } from "#contract/texts/error-text.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { SettingsSection } from "./settings-section.tsx";

interface UnreadSectionProps {
  readonly title: string;
  /** Why it could not be read; undefined: it has not been yet. */
  readonly error: Problem | undefined;
  readonly onRetry: () => void;
}

/** What nobody can have who is signed out, or whose server does not have it, is not shown at all. */
const absent: ReadonlySet<string> = new Set(["SIGNED_OUT", "NOT_ALLOWED", "INVALID_REQUEST"]);

/** In the place of a section that the server has to tell of, and has not told. */
export function UnreadSection({ title, error, onRetry }: UnreadSectionProps) {
  const { t } = useTranslation("shell");
  if (error === undefined || absent.has(error.code)) return;
  return (
    <SettingsSection title={title}>
      <div className="py-2.5">
        <ErrorNote error={error} actions={<Button onClick={onRetry}>{t("tryAgain")}</Button>} />
      </div>
    </SettingsSection>
  );
}
