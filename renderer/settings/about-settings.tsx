import { useTranslation } from "react-i18next";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { SettingsSection } from "./settings-section.tsx";

/** Version, where things are kept, and the way to the keys. */
export function AboutSettings() {
  const { t } = useTranslation("settings");
  const { views } = useBridge();
  const version = useApp((state) => state.version);
  const page = useApp((state) => state.face === "web");
  const server = useApp((state) => state.server);
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
      <UpdateRow />
      <div className="py-2.5">
        <Button onClick={() => views.open("shortcuts")}>{t("about.shortcuts")}</Button>
      </div>
    </SettingsSection>
  );
}

/** Whether there is a newer version, and the way to it: where the system has no place for a tray icon, the only one. */
function UpdateRow() {
  const { t } = useTranslation("settings");
  const { views, window: host } = useBridge();
  const update = useApp((state) => state.update);
  if (update === undefined || host === undefined) return undefined;
  const { kind } = update;
  const { version, percent } = { version: "", percent: 0, ...update };
  const busy = kind === "checking" || kind === "downloading" || kind === "waiting";
  return (
    <div className="flex items-center justify-between gap-4 py-2.5">
      <p role="status" className="text-small text-soft">
        {kind === "failed"
          ? t(`about.update.problems.${update.problem}`)
          : t(`about.update.${kind}`, { version, percent })}
      </p>
      <Button disabled={busy} onClick={() => void views.attempt(host.chooseUpdate())}>
        {t(kind === "available" ? "about.update.install" : "about.update.check")}
      </Button>
    </div>
  );
}
