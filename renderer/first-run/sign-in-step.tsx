import { CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { SignInForm } from "../auth/sign-in-form.tsx";
import { useAuth } from "../bridge/use-bridge.tsx";
import type { StepProps } from "./step-props.ts";

/** Signing in; a person who is signed in already (a page opened by its one-time address) is only told so. */
export function SignInStep({ onDone }: StepProps) {
  const { t } = useTranslation("firstRun");
  const auth = useAuth();
  if (auth.kind !== "signed-in") return <SignInForm onDone={onDone} />;
  return (
    <p role="status" className="flex items-center gap-2 font-medium">
      <CircleCheck aria-hidden="true" className="size-5 shrink-0 text-accent" />
      {auth.local ? t("signIn.doneLocal") : t("signIn.doneAs", { name: auth.accountName })}
    </p>
  );
}
