import { createStore } from "zustand/vanilla";
import type { AppState, Availability, ServerStatus } from "#contract/app-state.ts";
import type { Settings } from "#contract/settings.ts";
import { version } from "#contract/version.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { canPlay } from "#engine/web/web-audio-speaker.ts";
import { canCaptureScreen } from "./web-screenshot.ts";

const available: Availability = { available: true };
const browserCannot: Availability = { available: false, reason: "browser-cannot" };

/** What the window shows besides chat and sign-in, out of its sources. */
export function createWebAppState(
  settings: ReadonlyStore<Settings>,
  server: ReadonlyStore<ServerStatus>,
): { readonly store: ReadonlyStore<AppState>; readonly stop: () => void } {
  const store = createStore<AppState>()(() => ({
    face: "web",
    platform: "browser",
    version,
    settings: settings.getState(),
    systemLocale: navigator.language,
    server: server.getState(),
    hotkey: { kind: "off" },
    features: {
      screenshot: canCaptureScreen() ? available : browserCannot,
      sound: canPlay() ? available : { available: false, reason: "no-sound-device" },
      globalHotkey: browserCannot,
      startAtLogin: browserCannot,
      otherServers: browserCannot,
    },
  }));
  const stops = [
    settings.subscribe((next) => store.setState({ settings: next })),
    server.subscribe((next) => store.setState({ server: next })),
  ];
  return { store, stop: () => stops.forEach((stop) => stop()) };
}
