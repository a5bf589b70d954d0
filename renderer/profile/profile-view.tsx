import { useTranslation } from "react-i18next";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { ViewFrame } from "../ui/view-frame.tsx";
import { AboutYou } from "./about-you.tsx";
import { CloseAccount } from "./close-account.tsx";
import { OwnData } from "./own-data.tsx";
import { PasswordChange } from "./password-change.tsx";
import { Places } from "./places.tsx";
import { SecondFactor } from "./second-factor.tsx";
import { useOwnAccount } from "./use-own-account.ts";

/** The user's own account: who they are, how they sign in, where they are signed in, and how it ends. */
export function ProfileView() {
  const { t } = useTranslation(["profile", "shell"]);
  const { loaded, reload } = useOwnAccount();
  return (
    <ViewFrame title={t("title")}>
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
          <OwnData />
          <CloseAccount {...loaded} reload={reload} />
        </>
      )}
    </ViewFrame>
  );
}
