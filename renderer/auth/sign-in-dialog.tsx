import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useAuth, useBridge, useView } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { AccountCard } from "./account-card.tsx";
import { OtherAccounts } from "./other-accounts.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/** Signing in, or who is signed in and the ways to another account and out. */
export function SignInDialog() {
  const { t } = useTranslation(["auth", "shell"]);
  const open = useView((state) => state.dialog === "sign-in");
  const { commands, views } = useBridge();
  const { closeDialog } = views;
  const auth = useAuth();
  const signedIn = auth.kind === "signed-in";
  const page = useApp((state) => state.face === "web");
  const [adding, setAdding] = useState(false);
  if (adding && !(open && signedIn)) setAdding(false);
  const body = useFocusOnChange(adding);
  const cancel = () => void commands.cancelSignIn();
  // What runs would go on behind a closed dialog.
  const leave = () => {
    if (!signedIn || adding) cancel();
    closeDialog();
  };
  const back = () => {
    cancel();
    setAdding(false);
  };
  useCloseWhenSignedIn(open, signedIn, closeDialog);
  const title = adding ? t("account.add") : signedIn ? t("accountTitle") : t("title");
  return (
    <Dialog open={open} onClose={leave} title={title}>
      <div
        ref={body}
        tabIndex={-1}
        className="flex flex-col gap-4 overflow-y-auto px-4 pt-1 pb-4 outline-none"
      >
        {signedIn && !adding ? (
          <AccountCard account={auth} onDone={closeDialog} onAdd={page ? undefined : () => setAdding(true)} />
        ) : (
          <>
            {signedIn ? undefined : <OtherAccounts onDone={closeDialog} />}
            <SignInForm onDone={closeDialog} />
          </>
        )}
        {adding ? (
          <Button kind="link" size="small" className="self-center" onClick={back}>
            {t("shell:back")}
          </Button>
        ) : undefined}
      </div>
    </Dialog>
  );
}

/** What had the focus has left with the view that it was in. */
function useFocusOnChange(adding: boolean) {
  const body = useRef<HTMLDivElement>(null);
  const before = useRef(adding);
  useEffect(() => {
    if (before.current === adding) return;
    before.current = adding;
    const first = body.current?.querySelector<HTMLElement>("input:not([type=radio])");
    (first ?? body.current)?.focus();
  }, [adding]);
  return body;
}

/** A dialog that was opened to sign in has done its work, also when the sign-in came from elsewhere: it shows no account. */
function useCloseWhenSignedIn(open: boolean, signedIn: boolean, close: () => void): void {
  const before = useRef({ open, signedIn });
  useEffect(() => {
    if (open && before.current.open && signedIn && !before.current.signedIn) close();
    before.current = { open, signedIn };
  }, [open, signedIn, close]);
}
