import { CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useApp } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { CommandText } from "../ui/command-text.tsx";
import { Kbd } from "../ui/kbd.tsx";
import { formatAccelerator } from "./accelerator.ts";
import { useKeyStyle } from "./use-key-style.ts";
import { useSetting } from "./use-setting.ts";

/** Free on most Macs; Command with Space is the system's, and with Shift that of password managers. */
const MAC_SUGGESTIONS = ["Alt+Space", "Alt+Shift+Space", "Control+Alt+Space"] as const;

/** Whether the hotkey works, and the cure if it does not. "Works" is said only once it has fired. */
export function HotkeyStatusText() {
  const { t } = useTranslation("settings");
  const status = useApp((state) => state.hotkey);
  const mac = useApp((state) => state.platform === "mac");
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
          <p className="text-small text-soft">
            {t(mac ? "hotkey.registeredHintMac" : "hotkey.registeredHint")}
          </p>
          {mac ? <OtherKeys /> : <ToggleCommand />}
        </>
      );
    case "refused":
      return (
        <>
          <p role="alert" className="text-small text-danger">
            {t(mac && status.reason === "taken" ? "hotkey.takenMac" : `hotkey.${status.reason}`)}
          </p>
          {mac ? <OtherKeys /> : status.reason === "taken" ? <ToggleCommand /> : undefined}
        </>
      );
  }
}

/** The same for the keys of single things, which can be done without them. */
export function OtherHotkeyStatusText({ name }: { readonly name: "regionHotkey" | "selectionHotkey" }) {
  const { t } = useTranslation("settings");
  const kind = useApp((state) => state[name]?.kind);
  if (kind === "registered" || kind === "confirmed") return <Line text={t(`hotkey.${kind}`)} />;
  if (kind !== "refused") return undefined;
  return (
    <p role="alert" className="text-small text-danger">
      {t("hotkey.invalid")}
    </p>
  );
}

/** For the keyboard settings of desktops that keep such keys from apps. */
function ToggleCommand() {
  const command = useApp((state) => state.toggleCommand);
  return command === undefined ? undefined : <CommandText command={command} />;
}

/** Keys that are mostly free on a Mac, each a click away; that it takes them does not mean that they arrive. */
function OtherKeys() {
  const { value, save } = useSetting("hotkey");
  const style = useKeyStyle();
  return (
    <p className="flex flex-wrap gap-2">
      {MAC_SUGGESTIONS.filter((accelerator) => accelerator !== value).map((accelerator) => (
        <Button key={accelerator} size="small" onClick={() => void save(accelerator)}>
          <Kbd keys={formatAccelerator(accelerator, style)} />
        </Button>
      ))}
    </p>
  );
}

function Line({ text }: { readonly text: string }) {
  return (
    <p role="status" className="text-small text-ink">
      {text}
    </p>
  );
}
