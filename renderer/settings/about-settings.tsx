import { useTranslation } from "react-i18next";
import { useApp } from "../bridge/use-bridge.ts";
import { Kbd } from "../ui/kbd.tsx";
import { formatAccelerator } from "./accelerator.ts";
import { SettingsSection } from "./settings-section.tsx";
import { useKeyStyle } from "./use-key-style.ts";

const shortcuts = [
  ["send", "Enter"],
  ["newLine", "Shift+Enter"],
  ["newChat", "CommandOrControl+N"],
  ["chats", "CommandOrControl+K"],
  ["settings", "CommandOrControl+,"],
  ["back", "Esc"],
] as const;

/** Version, where things are kept, and the keys of the window. */
export function AboutSettings() {
  const { t } = useTranslation("settings");
  const version = useApp((state) => state.version);
  const page = useApp((state) => state.face === "web");
  const server = useApp((state) => state.server);
  const style = useKeyStyle();
  // Browsers keep Ctrl+N for themselves.
  const working = shortcuts.filter(([name]) => !(page && name === "newChat"));
  return (
    <SettingsSection title={t("about.title")}>
      <div className="flex flex-col gap-1 py-2.5">
        <p>{t("about.version", { version })}</p>
        {server.kind === "ready" ? (
          <p className="text-small wrap-break-word text-soft">
            {t("about.data", { address: server.httpUrl })}
          </p>
        ) : undefined}
        <p className="text-small text-soft">{page ? t("about.dataPage") : t("about.dataDesktop")}</p>
      </div>
      <div className="flex flex-col gap-1 py-2.5">
        <h4 className="font-medium">{t("about.shortcuts")}</h4>
        <dl className="flex flex-col gap-1 text-small text-soft">
          {working.map(([name, accelerator]) => (
            <div key={name} className="flex items-center justify-between gap-4">
              <dt>{t(`about.shortcut.${page && name === "back" ? "backPage" : name}`)}</dt>
              <dd>
                <Kbd keys={formatAccelerator(accelerator, style)} />
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </SettingsSection>
  );
}
