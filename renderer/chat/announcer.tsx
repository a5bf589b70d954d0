import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { HiddenStatus } from "../ui/hidden-status.tsx";
import { nextAnnouncement, type Announcement } from "./announcement.ts";

/** Tells screen readers what becomes of a question: that an answer has begun, and how it begins once it is complete. */
export function Announcer() {
  const { t } = useTranslation("chat");
  const { chat } = useBridge();
  const [said, setSaid] = useState<Announcement>();
  useEffect(
    () =>
      chat.subscribe((state, before) => {
        if (state.messages === before.messages) return;
        const announcement = nextAnnouncement(before.messages, state.messages);
        if (announcement !== undefined) setSaid(announcement);
      }),
    [chat],
  );
  return (
    <HiddenStatus>
      {said !== undefined && (said.key === "announceAnswer" ? t(said.key, { text: said.text }) : t(said.key))}
    </HiddenStatus>
  );
}
