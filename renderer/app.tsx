import { I18nextProvider } from "react-i18next";
import type { Bridge } from "./bridge/bridge.ts";
import { BridgeProvider } from "./bridge/use-bridge.tsx";
import { ChatUiProvider } from "./chat/state/use-chat-ui.tsx";
import type { createI18n } from "./i18n/i18n.ts";
import { Panel } from "./app/panel.tsx";
import { ViewProvider } from "./bridge/use-view.tsx";
import type { ViewStore } from "./bridge/view-store.ts";

export interface AppProps {
  readonly bridge: Bridge;
  readonly views: ViewStore;
  readonly i18n: ReturnType<typeof createI18n>;
}

/** The whole window; both roots render it. */
export function App({ bridge, views, i18n }: AppProps) {
  return (
    <I18nextProvider i18n={i18n}>
      <BridgeProvider bridge={bridge}>
        <ViewProvider views={views}>
          <ChatUiProvider>
            <Panel />
          </ChatUiProvider>
        </ViewProvider>
      </BridgeProvider>
    </I18nextProvider>
  );
}
