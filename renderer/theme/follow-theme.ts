import type { AppState } from "#contract/app-state.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

/** Keeps `data-theme` of the page at what the person chose, or at what the system has. */
export function followTheme(app: ReadonlyStore<AppState>): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const { theme } = app.getState().settings;
    document.documentElement.dataset["theme"] =
      theme === "system" ? (system.matches ? "dark" : "light") : theme;
  };
  apply();
  system.addEventListener("change", apply);
  app.subscribe(apply);
}
