// oxlint-disable-next-line import/no-unassigned-import -- before every module that names the symbols
import "./bridge/dispose-symbols.ts";
import * as z from "zod/mini";
import { followAddress } from "./app/follow-address.ts";
import { createWebBridge } from "./bridge/web-bridge.ts";
import { startApp } from "./start-app.tsx";
import { showStartFailure } from "./start-failure.ts";

/** The web page's composition root. The content policy forbids making code from strings, so zod must not try. */
z.config({ jitless: true });

async function start(container: HTMLElement): Promise<void> {
  try {
    startApp(await createWebBridge(), container, followAddress);
  } catch (error) {
    console.error("start.failed", error instanceof Error ? error.message : "unknown");
    showStartFailure(container);
  }
}

const container = document.getElementById("root");
if (container !== null) await start(container);
