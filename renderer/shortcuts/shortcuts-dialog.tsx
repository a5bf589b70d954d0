import { useId } from "react";
import { useApp, useBridge, useView } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { formatAccelerator } from "../settings/accelerator.ts";
import { useKeyStyle } from "../settings/use-key-style.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Kbd } from "../ui/kbd.tsx";

const windowKeys = [
  ["send", "Enter"],
  ["newLine", "Shift+Enter"],
  ["editLast", "↑"],
  ["scroll", "Page Up+Page Down"],
  ["newChat", "CommandOrControl+N"],
  ["chats", "CommandOrControl+K"],
  ["settings", "CommandOrControl+,"],
  ["prompts", "/"],
  ["list", "?"],
  ["back", "Esc"],
] as const;

type Row = readonly [label: string, accelerator: string];

/** Every key that does something, as it is set now. */
export function ShortcutsDialog() {
  const { t } = useLazyTexts("shortcuts");
  const open = useView((state) => state.dialog === "shortcuts");
  const { closeDialog } = useBridge().views;
  const page = useApp((state) => state.face === "web");
  const hotkey = useApp((state) => state.settings.hotkey);
  const region = useApp((state) => state.settings.regionHotkey);
  const selection = useApp((state) => state.settings.selectionHotkey);
  const inWindow = windowKeys
    // Browsers keep Ctrl+N for themselves.
    .filter(([name]) => !(page && name === "newChat"))
    .map(([name, keys]): Row => [t(page && name === "back" ? "backPage" : name), keys]);
  const anywhere: readonly Row[] = page
    ? []
    : ([
        [t("open"), hotkey],
        [t("region"), region],
        [t("selection"), selection],
      ] as const);
  return (
    <Dialog open={open} onClose={closeDialog} title={t("title")}>
      <div
        tabIndex={0}
        role="region"
        aria-label={t("title")}
        className="flex flex-col gap-4 overflow-y-auto px-4 pb-4"
      >
        <Keys title={t("window")} rows={inWindow} />
        <Keys title={t("anywhere")} rows={anywhere.filter(([, keys]) => keys !== "")} />
      </div>
    </Dialog>
  );
}

function Keys({ title, rows }: { readonly title: string; readonly rows: readonly Row[] }) {
  const id = useId();
  const style = useKeyStyle();
  if (rows.length === 0) return undefined;
  return (
    <section aria-labelledby={id} className="flex flex-col gap-1.5">
      <h3 id={id} className="text-small font-semibold text-soft">
        {title}
      </h3>
      <dl className="flex flex-col gap-1.5">
        {rows.map(([label, accelerator]) => (
          <div key={label} className="flex items-center justify-between gap-4">
            <dt className="min-w-0">{label}</dt>
            <dd>
              <Kbd keys={formatAccelerator(accelerator, style)} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
