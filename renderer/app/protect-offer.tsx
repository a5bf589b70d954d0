import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { externalLink } from "#contract/external-link.ts";
import { useApp, useAuth, useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { Note } from "../ui/note.tsx";
import { addressOf } from "../bridge/address.ts";

/** Offers a second factor to who has just made an account, until they take it up, put it off or sign out. */
export function ProtectOffer() {
  const { t } = useTranslation("auth");
  const { commands, views } = useBridge();
  const signedIn = useAuth().kind === "signed-in";
  const page = useApp((state) => state.face === "web");
  // The profile is a page of the server; a desktop opens it in the browser, which it does only over TLS.
  const address = useApp(({ server }) =>
    server.kind === "ready" ? externalLink(server.httpUrl + addressOf({ view: "profile" }))?.href : undefined,
  );
  const wasSignedIn = useRef(false);
  const { offerProtection } = views;
  useEffect(() => {
    if (wasSignedIn.current && !signedIn) offerProtection(false);
    wasSignedIn.current = signedIn;
  }, [signedIn, offerProtection]);
  if (!signedIn || (!page && address === undefined)) return;
  const open = async (): Promise<void> => {
    if (page) views.show("profile");
    else if (address === undefined || !(await views.attempt(commands.openExternal({ url: address })))) return;
    offerProtection(false);
  };
  return (
    <section aria-label={t("protect.title")} className="mx-auto w-full max-w-page px-4 py-2">
      <Note
        title={t("protect.title")}
        actions={
          <>
            <Button size="small" onClick={() => void open()}>
              {t(page ? "protect.action" : "protect.actionInBrowser")}
            </Button>
            <Button size="small" kind="link" onClick={() => offerProtection(false)}>
              {t("protect.later")}
            </Button>
          </>
        }
      >
        {t("protect.body")}
      </Note>
    </section>
  );
}
