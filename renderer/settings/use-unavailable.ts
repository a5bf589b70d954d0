import { useTranslation } from "react-i18next";
import type { AppState } from "#contract/app-state.ts";
import { useApp } from "../bridge/use-bridge.ts";

/** Why a feature cannot be used here, as a sentence with the cure; nothing if it can. */
export function useUnavailable(feature: keyof AppState["features"]): string | undefined {
  const { t } = useTranslation("settings");
  const availability = useApp((state) => state.features[feature]);
  return availability === undefined || availability.available
    ? undefined
    : t(`unavailable.${availability.reason}`);
}
