import { useTranslation } from "react-i18next";
import { useAuth, useBridge } from "../bridge/use-bridge.ts";
import { useAction } from "../bridge/use-action.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import type { SignInFormProps } from "./sign-in-form.tsx";

/** The account of this machine's own server: one click. */
export function LocalSignIn({ onDone }: SignInFormProps) {
  const { t } = useTranslation("auth");
  const { commands } = useBridge();
  const { busy, error, run } = useAction();
  const signingIn = useAuth().kind === "signing-in";
  const signIn = async () => {
    if (await run(() => commands.signInLocally())) onDone();
  };
  return (
    <div className="flex flex-col gap-4">
      <p className="text-soft">{t("local.body")}</p>
      {error === undefined ? undefined : <ErrorNote error={error} />}
      <Button
        data-initial-focus=""
        kind="primary"
        size="large"
        busy={busy || signingIn}
        onClick={() => void signIn()}
      >
        {t("local.action")}
      </Button>
    </div>
  );
}
