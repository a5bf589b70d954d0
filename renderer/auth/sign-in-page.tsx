import { useTranslation } from "react-i18next";
import { PipitMark } from "../ui/pipit-mark.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/** Signing in at an address of its own; the router goes on as soon as a user is signed in. */
export function SignInPage() {
  const { t } = useTranslation("auth");
  return (
    <div className="absolute inset-0 overflow-y-auto">
      <section
        aria-label={t("title")}
        className="mx-auto flex min-h-full max-w-dialog flex-col justify-center gap-4 p-4"
      >
        <PipitMark className="size-10 text-accent" />
        <h1 className="text-display font-semibold">{t("title")}</h1>
        <SignInForm onDone={() => undefined} />
      </section>
    </div>
  );
}
