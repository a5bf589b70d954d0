import * as z from "zod/mini";
import { createWebBridge } from "./bridge/web-bridge.ts";
import { startApp } from "./start-app.tsx";

/** The web page's composition root. The content policy forbids making code from strings, so zod must not try. */
z.config({ jitless: true });
const container = document.getElementById("root");
if (container !== null) startApp(await createWebBridge(), container);
