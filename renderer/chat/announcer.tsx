import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { HiddenStatus } from "../ui/hidden-status.tsx";
import { nextAnnouncement, spokenStart, type Announcement } from "./announcement.ts";

/** Tells screen readers what becomes of a question: that an answer has begun, and how it begins once it is complete. */
export function Announcer() {
  const { t, i18n } = useTranslation("chat");
  const { chat } = useBridge();
  const [said, setSaid] = useState<Announcement>();
  useEffect(() => {
    let latest: Announcement | undefined;
    const unsubscribe = chat.subscribe((state, before) => {
      if (state.messages === before.messages) return;
      const next = nextAnnouncement(before.messages, state.messages);
      if (next === undefined) return;
      latest = next;
      if (next.key !== "announceAnswer") setSaid(next);
      else
        void spokenStart(next.text, i18n.language).then((text) => {
          if (latest !== next) return;
          // Code, a picture or a formula only.
          setSaid(text === "" ? { key: "announceSilent" } : { ...next, text });
        });
    });
    return () => {
      latest = undefined;
      unsubscribe();
    };
  }, [chat, i18n]);
  return (
    <HiddenStatus>
      {said !== undefined && (said.key === "announceAnswer" ? t(said.key, { text: said.text }) : t(said.key))}
    </HiddenStatus>
  );
}
