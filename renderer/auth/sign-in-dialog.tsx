import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useAuth, useBridge, useView } from "../bridge/use-bridge.ts";
import { Dialog } from "../ui/dialog.tsx";
import { AccountCard } from "./account-card.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/** Signing in, or who is signed in and the way out. */
export function SignInDialog() {
  const { t } = useTranslation("auth");
  const open = useView((state) => state.dialog === "sign-in");
  const { commands, views } = useBridge();
  const { closeDialog } = views;
  const auth = useAuth();
  const signedIn = auth.kind === "signed-in";
  // What runs would go on behind a closed dialog.
  const leave = () => {
    if (!signedIn) void commands.cancelSignIn();
    closeDialog();
  };
  useCloseWhenSignedIn(open, signedIn, closeDialog);
  return (
    <Dialog open={open} onClose={leave} title={signedIn ? t("accountTitle") : t("title")}>
      <div className="overflow-y-auto px-4 pt-1 pb-4">
        {signedIn ? <AccountCard account={auth} onDone={closeDialog} /> : <SignInForm onDone={closeDialog} />}
      </div>
    </Dialog>
  );
}

/** A dialog that was opened to sign in has done its work, also when the sign-in came from elsewhere: it shows no account. */
function useCloseWhenSignedIn(open: boolean, signedIn: boolean, close: () => void): void {
  const before = useRef({ open, signedIn });
  useEffect(() => {
    if (open && before.current.open && signedIn && !before.current.signedIn) close();
    before.current = { open, signedIn };
  }, [open, signedIn, close]);
}
