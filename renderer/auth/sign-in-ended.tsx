import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useAuth } from "../bridge/use-bridge.ts";
import { Note } from "../ui/note.tsx";

/** Says why a sign-in ended that its user did not end; nothing while there is one, or after signing out. */
export function SignInEnded({ actions }: { readonly actions?: ReactNode }) {
  const { t } = useTranslation("auth");
  const auth = useAuth();
  const reason = auth.kind === "signed-out" ? auth.reason : undefined;
  if (reason !== "expired" && reason !== "refused" && reason !== "closed") return;
  return <Note tone="warning" title={t(`reason.${reason}`)} actions={actions} />;
}
