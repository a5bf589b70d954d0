import { useTranslation } from "react-i18next";
import type { AuthState } from "#contract/auth-state.ts";

/** What an account is called here: the one that a server makes for its own machine has its name in the window's language. */
export function useAccountName(auth: AuthState): string {
  const { t } = useTranslation(["auth", "shell"]);
  switch (auth.kind) {
    case "signed-in":
      return auth.local ? t("local.label") : auth.accountName || t("accountTitle");
    case "signing-in":
    case "unknown":
      return t("shell:status.signingIn");
    case "signed-out":
    case "failed":
      return t("shell:status.signedOut");
  }
}
