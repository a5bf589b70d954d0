import { CircleUser } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAuth, useBridge } from "../bridge/use-bridge.ts";
import { useAccountName } from "./use-account-name.ts";

/** Who is signed in, and the way to sign in or out. */
export function AccountButton() {
  const { t } = useTranslation("shell");
  const auth = useAuth();
  const { views } = useBridge();
  const signedIn = auth.kind === "signed-in";
  const name = useAccountName(auth);
  return (
    <button
      type="button"
      aria-haspopup="dialog"
      title={signedIn ? `${t("status.account")}: ${name}` : t("status.signIn")}
      onClick={() => views.open("sign-in")}
      className={`flex h-6 min-w-0 items-center gap-1 rounded-small px-2 transition-colors hover:bg-hover hover:text-ink ${signedIn ? "" : "font-medium text-accent"}`}
    >
      <CircleUser aria-hidden="true" className="size-3.5 shrink-0" />
      <span className="truncate">{name}</span>
    </button>
  );
}
