import { useId, useRef, useState, useEffect, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { Kbd } from "../ui/kbd.tsx";
import { readHotkey, type ReadHotkey } from "./accelerator.ts";
import { useKeyStyle } from "./use-key-style.ts";

interface HotkeyRecorderProps {
  readonly onRecord: (accelerator: string) => void;
  readonly onCancel: () => void;
}

/** Takes the next combination that is pressed. Esc, Tab, or going elsewhere cancels. */
export function HotkeyRecorder({ onRecord, onCancel }: HotkeyRecorderProps) {
  const { t } = useTranslation("settings");
  const style = useKeyStyle();
  const hintId = useId();
  const box = useRef<HTMLButtonElement>(null);
  const [read, setRead] = useState<ReadHotkey>();
  useEffect(() => box.current?.focus(), []);
  const refused = read?.kind === "refused";
  const onKey = (event: KeyboardEvent) => {
    const plain = !(event.ctrlKey || event.altKey || event.metaKey);
    if (event.key === "Tab" && plain) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape" && plain && event.type === "keydown") {
      onCancel();
      return;
    }
    if (event.repeat) return;
    const next = readHotkey(event, style);
    // Letting a key go only takes modifiers back; what was said of a wrong key stays to be read.
    if (event.type === "keyup") setRead((before) => (before?.kind === "pending" ? next : before));
    else if (next.kind === "complete") onRecord(next.accelerator);
    else setRead(next);
  };
  return (
    <>
      <button
        ref={box}
        type="button"
        aria-label={t("hotkey.recordingName")}
        aria-describedby={hintId}
        onKeyDown={onKey}
        onKeyUp={onKey}
        onBlur={onCancel}
        className="flex h-8 items-center justify-center gap-2 rounded-control border border-accent bg-accent-wash text-body text-ink"
      >
        {read?.kind === "pending" && read.keys.length > 0 ? <Kbd keys={read.keys} /> : t("hotkey.recording")}
      </button>
      <p
        id={hintId}
        role={refused ? "alert" : undefined}
        className={`text-small ${refused ? "text-danger" : "text-soft"}`}
      >
        {refused ? t(`hotkey.${read.reason}`) : t("hotkey.recordingHint")}
      </p>
    </>
  );
}
