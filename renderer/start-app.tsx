import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { Bridge } from "./bridge/bridge.ts";
import { resolveLanguage } from "#contract/language.ts";
import { createI18n } from "./i18n/i18n.ts";
import { createViewStore } from "./bridge/view-store.ts";
import { followTheme } from "./theme/follow-theme.ts";
import "./theme/tokens.css";
import { I18nextProvider } from "react-i18next";
import { BridgeProvider } from "./bridge/use-bridge.tsx";
import { ChatUiProvider } from "./chat/state/use-chat-ui.tsx";
import { Panel } from "./app/panel.tsx";
import { ViewProvider } from "./bridge/use-view.tsx";

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
      <I18nextProvider i18n={i18n}>
        <BridgeProvider bridge={bridge}>
          <ViewProvider views={createViewStore()}>
            <ChatUiProvider>
              <Panel />
            </ChatUiProvider>
          </ViewProvider>
        </BridgeProvider>
      </I18nextProvider>
    </StrictMode>,
  );
}
