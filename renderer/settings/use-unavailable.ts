import { useTranslation } from "react-i18next";
import type { AppState } from "#contract/app-state.ts";
import { useApp } from "../bridge/use-bridge.ts";

/** Why a feature cannot be used here, as a sentence with the cure; nothing if it can, or if none is asked for. */
export function useUnavailable(feature: keyof AppState["features"] | undefined): string | undefined {
  const { t } = useTranslation("settings");
  const availability = useApp(({ features }) => (feature === undefined ? undefined : features[feature]));
  return availability?.available === false ? t(`unavailable.${availability.reason}`) : undefined;
}
