import { CircleUser } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAccountName } from "../auth/use-account-name.ts";
import { useAuth, useBridge, useChat } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { Popover } from "../ui/popover.tsx";

/** Who is signed in to the page, the way to their profile, and the way out. */
export function UserMenu() {
  const { t } = useTranslation(["profile", "auth", "settings"]);
  const { commands, views } = useBridge();
  const auth = useAuth();
  const name = useAccountName(auth);
  const waiting = useChat((state) => state.queuedCount);
  if (auth.kind !== "signed-in") return;
  const signOut = (): void => {
    // What waits is asked about there.
    if (waiting > 0) views.open("sign-in");
    else void views.attempt(commands.signOut());
  };
  return (
    <Popover
      label={t("menu")}
      side="bottom"
      button={{
        title: `${t("menu")}: ${name}`,
        label: `${t("menu")}: ${name}`,
        className:
          "inline-flex size-8 shrink-0 items-center justify-center rounded-control text-soft transition-colors hover:bg-hover hover:text-ink active:bg-press",
        content: <CircleUser aria-hidden="true" className="size-4" />,
      }}
    >
      {(close) => (
        <>
          <p className="truncate text-body font-medium">{name}</p>
          <div className="flex flex-wrap gap-2">
            <Button
              onClick={() => {
                close();
                views.show("profile");
              }}
            >
              {t("title")}
            </Button>
            <Button
              onClick={() => {
                close();
                views.open("shortcuts");
              }}
            >
              {t("settings:about.shortcuts")}
            </Button>
            <Button
              onClick={() => {
                close();
                signOut();
              }}
            >
              {t("auth:signOut")}
            </Button>
          </div>
        </>
      )}
    </Popover>
  );
}
