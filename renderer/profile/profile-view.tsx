import { ArrowLeft } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { AboutYou } from "./about-you.tsx";
import { CloseAccount } from "./close-account.tsx";
import { PasswordChange } from "./password-change.tsx";
import { Places } from "./places.tsx";
import { SecondFactor } from "./second-factor.tsx";
import { useOwnAccount } from "./use-own-account.ts";

/** The user's own account: who they are, how they sign in, where they are signed in, and how it ends. */
export function ProfileView() {
  const { t } = useTranslation(["profile", "shell"]);
  const { views, ui } = useBridge();
  const { loaded, reload } = useOwnAccount();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    return () => ui.focusComposer();
  }, [ui]);
  return (
    <section aria-label={t("title")} className="mx-auto flex max-w-settings flex-col gap-5 px-4 pt-2 pb-6">
      <header className="-ml-2 flex items-center gap-1">
        <IconButton label={t("shell:back")} onClick={() => views.show("chat")}>
          <ArrowLeft className="size-4" />
        </IconButton>
        <h2 ref={heading} tabIndex={-1} className="text-title font-semibold outline-none">
          {t("title")}
        </h2>
      </header>
      {loaded.kind === "loading" ? (
        <p role="status" className="animate-appear-late text-soft">
          {t("loading")}
        </p>
      ) : loaded.kind === "failed" ? (
        <ErrorNote error={loaded} actions={<Button onClick={reload}>{t("shell:tryAgain")}</Button>} />
      ) : (
        <>
          <AboutYou {...loaded} reload={reload} />
          <PasswordChange {...loaded} reload={reload} />
          <SecondFactor {...loaded} reload={reload} />
          <Places client={loaded.client} />
          <CloseAccount {...loaded} reload={reload} />
        </>
      )}
    </section>
  );
}
