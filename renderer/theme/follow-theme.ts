import type { AppState } from "#contract/app-state.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

/**
 * Keeps `data-theme` of the page at what the person chose, or at what the system has; and lets the system's material
 * through on macOS, where the window has one.
 */
export function followTheme(app: ReadonlyStore<AppState>): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const { dataset } = document.documentElement;
  const apply = () => {
    const { face, platform, settings } = app.getState();
    const { theme } = settings;
    dataset["theme"] = theme === "system" ? (system.matches ? "dark" : "light") : theme;
    if (face === "desktop" && platform === "mac") dataset["vibrancy"] = "";
  };
  apply();
  system.addEventListener("change", apply);
  app.subscribe(apply);
}
