import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { Bridge } from "./bridge/bridge.ts";
import { resolveLanguage } from "#contract/language.ts";
import { changeLanguage, createI18n } from "./i18n/i18n.ts";
import { createViewStore } from "./bridge/view-store.ts";
import { keepPageOnDrop } from "./keep-page-on-drop.ts";
import { leaveKeysToInputMethod } from "./leave-keys-to-input-method.ts";
import { followTheme } from "./theme/follow-theme.ts";
import "./theme/tokens.css";
import { I18nextProvider } from "react-i18next";
import { BridgeContext, type WindowBridge } from "./bridge/use-bridge.ts";
import { createChatUi, createRoomUis } from "./chat/state/chat-ui.ts";
import { Panel } from "./app/panel.tsx";

/**
 * Puts the window into the page; what the roots have in common.
 *
 * @param onWindow what a root does with the window before it is drawn
 */
export async function startApp(
  bridge: Bridge,
  container: HTMLElement,
  onWindow: (window: WindowBridge) => void = () => undefined,
): Promise<void> {
  const language = () => {
    const { settings, systemLocale } = bridge.app.getState();
    return resolveLanguage(settings.language, systemLocale);
  };
  const i18n = createI18n();
  const applyLanguage = async (): Promise<void> => {
    await changeLanguage(i18n, language);
    document.documentElement.lang = i18n.language;
  };
  await applyLanguage();
  bridge.app.subscribe(() => void applyLanguage());
  followTheme(bridge.app);
  leaveKeysToInputMethod(window);
  keepPageOnDrop(window);
  const opened = {
    ...bridge,
    views: createViewStore(bridge.roomDrafts),
    ui: createChatUi(bridge.initialDraft),
    roomUi: createRoomUis(),
  };
  onWindow(opened);
  createRoot(container).render(
    <StrictMode>
      <I18nextProvider i18n={i18n}>
        <BridgeContext value={opened}>
          <Panel />
        </BridgeContext>
      </I18nextProvider>
    </StrictMode>,
  );
}
