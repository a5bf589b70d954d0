import { HotkeySetting } from "../settings/hotkey-setting.tsx";

/** The hotkey: its own setting says whether it works once it was pressed, and the cure if it does not. */
export function HotkeyStep() {
  return (
    <div className="rounded-card border border-hairline bg-raised px-3">
      <HotkeySetting />
    </div>
  );
}
