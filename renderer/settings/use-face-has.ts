import type { AppState } from "#contract/app-state.ts";
import { useApp } from "../bridge/use-bridge.ts";

/** Whether this face could do it on any machine: what a page in a browser never can is not offered there. */
export function useFaceHas(feature: keyof AppState["features"] | undefined): boolean {
  return useApp(({ features }) => {
    const availability = feature === undefined ? undefined : features[feature];
    return availability?.available !== false || availability.reason !== "browser-cannot";
  });
}
