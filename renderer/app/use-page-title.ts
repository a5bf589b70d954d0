import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useChat, useSignedOut, useView } from "../bridge/use-bridge.ts";
import { useRoomName } from "../rooms/use-room-name.ts";

/** What is open, without what it is open in; undefined: nothing that has a name. */
function useOpenName(): string | undefined {
  const { t } = useTranslation(["shell", "auth", "profile"]);
  const view = useView((state) => state.view);
  const signedOut = useSignedOut();
  const chat = useChat((state) => (signedOut || state.title === "" ? undefined : state.title));
  const room = useRoomName();
  switch (view) {
    case "chat":
      return chat;
    case "room":
      return room;
    case "settings":
      return t("settings");
    case "profile":
      return t("profile:title");
    case "sign-in":
      return t("auth:title");
    case "register":
      return t("auth:register.title");
    default:
      return view satisfies never;
  }
}

/** Names the tab, its entry in the history and the window by what is open. */
export function usePageTitle(): void {
  const { t } = useTranslation("shell");
  const name = useOpenName();
  const app = t("appName");
  useEffect(() => {
    document.title = name === undefined ? app : `${name} – ${app}`;
  }, [name, app]);
}
