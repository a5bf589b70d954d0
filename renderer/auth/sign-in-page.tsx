import { useTranslation } from "react-i18next";
import { useView } from "../bridge/use-bridge.ts";
import { PipitMark } from "../ui/pipit-mark.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/** Signing in at an address of its own; the router goes on as soon as a user is signed in. */
export function SignInPage() {
  const { t } = useTranslation("auth");
  const title = useView((state) => (state.view === "register" ? t("register.title") : t("title")));
  return (
    <div className="absolute inset-0 scroll-area">
      <section
        aria-label={title}
        className="mx-auto flex min-h-full max-w-dialog flex-col justify-center gap-5 px-4 py-8"
      >
        <div className="flex flex-col items-center gap-3">
          <PipitMark className="size-12 text-accent" />
          <h1 className="text-display font-semibold">{title}</h1>
        </div>
        <SignInForm onDone={() => undefined} />
      </section>
    </div>
  );
}
