import * as z from "zod/mini";
import type { PreloadApi } from "#contract/commands/ipc-schema.ts";
import { createDesktopBridge } from "./bridge/desktop-bridge.ts";
import { startApp } from "./start-app.tsx";

declare global {
  interface Window {
    /** Made by electron/preload.ts. */
    readonly pipit: PreloadApi;
  }
}

/** The desktop's composition root. The content policy forbids making code from strings, so zod must not try. */
z.config({ jitless: true });
const container = document.getElementById("root");
if (container !== null) await startApp(await createDesktopBridge(window.pipit), container);
