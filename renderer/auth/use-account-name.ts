import { useTranslation } from "react-i18next";
import type { AuthState } from "#contract/auth-state.ts";

/** What an account is called here: the one that a server makes for its own machine has its name in the window's language. */
export function useAccountName(account: Extract<AuthState, { kind: "signed-in" }> | undefined): string {
  const { t } = useTranslation("auth");
  if (account === undefined) return "";
  if (account.local) return t("local.label");
  return account.accountName === "" ? t("accountTitle") : account.accountName;
}
