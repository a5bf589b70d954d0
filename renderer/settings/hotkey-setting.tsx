import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { defaultSettings } from "#contract/settings.ts";
import { Button } from "../ui/button.tsx";
import { Kbd } from "../ui/kbd.tsx";
import { formatAccelerator } from "./accelerator.ts";
import { HotkeyRecorder } from "./hotkey-recorder.tsx";
import { HotkeyStatusText, OtherHotkeyStatusText } from "./hotkey-status-text.tsx";
import { useKeyStyle } from "./use-key-style.ts";
import { useSetting } from "./use-setting.ts";
import { useUnavailable } from "./use-unavailable.ts";

const labels = {
  hotkey: "hotkey.label",
  regionHotkey: "hotkey.region",
  selectionHotkey: "hotkey.selection",
} as const;

interface HotkeyProps {
  readonly name?: keyof typeof labels;
}

/** Keys that do something from anywhere, the window's unless named: what they are, whether they work, and other ones. */
export function HotkeySetting({ name = "hotkey" }: HotkeyProps) {
  const { t } = useTranslation("settings");
  const label = t(labels[name]);
  const unavailable = useUnavailable("globalHotkey");
  return (
    <div role="group" aria-label={label} className="flex flex-col gap-2 py-2.5">
      <p>{label}</p>
      {unavailable === undefined ? (
        <Hotkey name={name} />
      ) : (
        <p className="text-small text-soft">{unavailable}</p>
      )}
    </div>
  );
}

function Hotkey({ name }: Required<HotkeyProps>) {
  const { t } = useTranslation("settings");
  const hotkey = useSetting(name);
  const style = useKeyStyle();
  const [recording, setRecording] = useState(false);
  const recorded = useRef(false);
  const keys = formatAccelerator(hotkey.value, style);
  const record = (accelerator: string) => {
    setRecording(false);
    void hotkey.save(accelerator);
  };
  return (
    <>
      {recording ? (
        <HotkeyRecorder onRecord={record} onCancel={() => setRecording(false)} />
      ) : (
        <>
          <div className="flex min-h-8 flex-wrap items-center justify-between gap-2">
            {keys.length > 0 ? <Kbd keys={keys} /> : <span className="text-soft">{t("hotkey.none")}</span>}
            <span className="flex gap-2">
              {hotkey.value === "" ? undefined : (
                <Button onClick={() => void hotkey.save("")}>{t("hotkey.remove")}</Button>
              )}
              {hotkey.value === defaultSettings[name] || defaultSettings[name] === "" ? undefined : (
                <Button onClick={() => void hotkey.save(defaultSettings[name])}>{t("hotkey.reset")}</Button>
              )}
              <Button
                // The focus comes back from the recorder, unless the person has gone elsewhere.
                ref={(button) => {
                  if (recorded.current && document.activeElement === document.body) button?.focus();
                }}
                onClick={() => {
                  recorded.current = true;
                  setRecording(true);
                }}
              >
                {t(hotkey.value === "" ? "hotkey.choose" : "hotkey.change")}
              </Button>
            </span>
          </div>
          {name === "hotkey" ? <HotkeyStatusText /> : <OtherHotkeyStatusText name={name} />}
        </>
      )}
      {hotkey.error === undefined ? undefined : (
        <p role="alert" className="text-small text-danger">
          {hotkey.error}
        </p>
      )}
    </>
  );
}
