import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import type { Bridge } from "./bridge/bridge.ts";
import { createI18n, resolveLanguage } from "./i18n/i18n.ts";
import { createViewStore } from "./bridge/view-store.ts";
import { followTheme } from "./theme/follow-theme.ts";
import "./theme/tokens.css";

/** Puts the window into the page; what the roots have in common. */
export function startApp(bridge: Bridge, container: HTMLElement): void {
  const language = () => {
    const { settings, systemLocale } = bridge.app.getState();
    return resolveLanguage(settings.language, systemLocale);
  };
  const i18n = createI18n(language());
  const applyLanguage = () => {
    document.documentElement.lang = language();
    if (i18n.language !== language()) void i18n.changeLanguage(language());
  };
  applyLanguage();
  bridge.app.subscribe(applyLanguage);
  followTheme(bridge.app);
  createRoot(container).render(
    <StrictMode>
      <App bridge={bridge} views={createViewStore()} i18n={i18n} />
    </StrictMode>,
  );
}
