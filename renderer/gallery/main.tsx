import * as z from "zod/mini";
import { startApp } from "#renderer/start-app.tsx";
import { createScriptedBridge, type ScriptedBridge } from "./scripted-bridge.ts";
import { scenes } from "./scenes.ts";

declare global {
  interface Window {
    /** The host of this page, for tests that drive it by hand. */
    scripted: ScriptedBridge;
    /** Every scene there is, for tests that look at all of them. */
    sceneNames: readonly string[];
  }
}

/** The real window on a scripted host: `/?scene=NAME&theme=dark&language=ru`. */
z.config({ jitless: true });
const query = new URLSearchParams(location.search);
const bridge = createScriptedBridge();
window.scripted = bridge;
window.sceneNames = Object.keys(scenes);
const theme = query.get("theme");
const language = query.get("language");
bridge.app.setState(({ settings }) => ({
  settings: {
    ...settings,
    ...(theme === "light" || theme === "dark" ? { theme } : {}),
    ...(language === "en" || language === "ru" ? { language } : {}),
  },
}));
scenes[query.get("scene") ?? "empty"]?.(bridge);
const container = document.getElementById("root");
if (container !== null)
  await startApp(bridge, container, ({ views }) =>
    bridge.room === undefined ? views.show(bridge.view) : views.showRoom(bridge.room),
  );
