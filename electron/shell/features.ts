import type { AppState } from "#contract/app-state.ts";

export interface Machine {
  readonly platform: NodeJS.Platform;
  /** Linux: whether DISPLAY or WAYLAND_DISPLAY is set. */
  readonly hasDisplay: boolean;
  readonly packaged: boolean;
  readonly tray: boolean;
}

/** What this machine can do, as far as it is known before anything was tried. */
export function featuresOf(machine: Machine): AppState["features"] {
  const works = { available: true } as const;
  const display = machine.platform !== "linux" || machine.hasDisplay;
  return {
    screenshot: display ? works : { available: false, reason: "no-display" },
    sound: works,
    globalHotkey: works,
    startAtLogin: machine.packaged ? works : { available: false, reason: "not-installed" },
    otherServers: works,
    tray: machine.tray ? works : { available: false, reason: "no-tray" },
  };
}

/** The platform as the window's texts know it. */
export function platformOf(platform: NodeJS.Platform): AppState["platform"] {
  if (platform === "darwin") return "mac";
  return platform === "win32" ? "windows" : "linux";
}
