import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { readServerAddress } from "../auth/server-address.ts";
import { AddressField, useAddressProblem } from "../auth/address-field.tsx";
import { useApp } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { SegmentedRow } from "./setting-row.tsx";
import { SettingsSection } from "./settings-section.tsx";
import { useSetting } from "./use-setting.ts";
import { useUnavailable } from "./use-unavailable.ts";

/** This machine's own server, or one with a name. A page belongs to its server. */
export function ServerSettings() {
  const { t } = useTranslation("settings");
  const page = useApp((state) => state.face === "web");
  const server = useApp((state) => state.server);
  const address = server.kind === "ready" ? server.httpUrl : location.origin;
  return (
    <SettingsSection title={t("server.title")}>
      {page ? (
        <p className="py-2.5 wrap-break-word text-soft">{t("server.pageHint", { address })}</p>
      ) : (
        <ServerChoice />
      )}
    </SettingsSection>
  );
}

function ServerChoice() {
  const { t } = useTranslation("settings");
  const server = useSetting("serverUrl");
  const onlyOwn = useUnavailable("otherServers");
  const [named, setNamed] = useState(server.value !== "");
  const choose = (value: "own" | "named") => {
    setNamed(value === "named");
    if (value === "own" && server.value !== "") void server.save("");
  };
  return (
    <>
      <SegmentedRow
        label={t("server.label")}
        hint={onlyOwn ?? (named ? t("server.namedHint") : t("server.ownHint"))}
        error={named ? undefined : server.error}
        value={named ? "named" : "own"}
        options={[
          { value: "own", label: t("server.own") },
          { value: "named", label: t("server.named") },
        ]}
        disabled={onlyOwn !== undefined}
        onChange={choose}
      />
      {named ? <ServerAddress /> : undefined}
    </>
  );
}

function ServerAddress() {
  const { t } = useTranslation("settings");
  const server = useSetting("serverUrl");
  const [typed, setTyped] = useState(server.value);
  const [checked, setChecked] = useState(false);
  const address = readServerAddress(typed);
  const wrong = useAddressProblem(address);
  const problem = address.kind === "own" ? t("server.addressMissing") : wrong;
  const apply = async (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (address.kind !== "address" || address.url === server.value) return;
    if (await server.save(address.url)) setTyped(address.url);
  };
  return (
    <form noValidate className="flex items-start gap-2 py-2.5" onSubmit={(event) => void apply(event)}>
      <AddressField
        label={t("server.address")}
        labelHidden
        error={(checked ? problem : undefined) ?? server.error}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setChecked(false);
        }}
        className="min-w-0 flex-1"
      />
      <Button type="submit">{t("server.apply")}</Button>
    </form>
  );
}
