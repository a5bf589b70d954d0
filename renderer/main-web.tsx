// oxlint-disable-next-line import/no-unassigned-import -- before every module that names the symbols
import "./bridge/dispose-symbols.ts";
import * as z from "zod/mini";
import { followAddress } from "./app/follow-address.ts";
import { languageOfLocale } from "#contract/language.ts";
import { createWebBridge } from "./bridge/web-bridge.ts";
import { loadTexts } from "./i18n/i18n.ts";
import { keepShell } from "./shell/keep-shell.ts";
import { startApp } from "./start-app.tsx";
import { showStartFailure } from "./start-failure.ts";

/** The web page's composition root. The content policy forbids making code from strings, so zod must not try. */
z.config({ jitless: true });

async function start(container: HTMLElement): Promise<void> {
  try {
    // Most often the language that will be shown; it comes while the page looks into its storage.
    void loadTexts(languageOfLocale(navigator.language)).catch(() => undefined);
    await startApp(await createWebBridge(), container, (page) => {
      followAddress(page);
      keepShell(() => page.views.offerReload(true));
    });
  } catch (error) {
    console.error("start.failed", error instanceof Error ? error.message : "unknown");
    showStartFailure(container);
  }
}

const container = document.getElementById("root");
if (container !== null) await start(container);
