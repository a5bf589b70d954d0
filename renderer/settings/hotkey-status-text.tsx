import { CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useApp } from "../bridge/use-bridge.ts";
import { CommandText } from "../ui/command-text.tsx";

/** Whether the hotkey works, and the cure if it does not. "Works" is said only once it has fired. */
export function HotkeyStatusText() {
  const { t } = useTranslation("settings");
  const status = useApp((state) => state.hotkey);
  // For the keyboard settings of desktops that keep such keys from apps.
  const toggleCommand = useApp((state) => state.toggleCommand);
  const command = toggleCommand === undefined ? undefined : <CommandText command={toggleCommand} />;
  switch (status.kind) {
    case "off":
      return <Line text={t("hotkey.off")} />;
    case "confirmed":
      return (
        <p role="status" className="flex items-center gap-1.5 text-small text-accent">
          <CircleCheck aria-hidden="true" className="size-4" />
          {t("hotkey.confirmed")}
        </p>
      );
    case "registered":
      return (
        <>
          <Line text={t("hotkey.registered")} />
          <p className="text-small text-soft">{t("hotkey.registeredHint")}</p>
          {command}
        </>
      );
    case "refused":
      return (
        <>
          <p role="alert" className="text-small text-danger">
            {t(`hotkey.${status.reason}`)}
          </p>
          {status.reason === "taken" ? command : undefined}
        </>
      );
  }
}

function Line({ text }: { readonly text: string }) {
  return (
    <p role="status" className="text-small text-ink">
      {text}
    </p>
  );
}
