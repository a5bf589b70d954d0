import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { pageShell } from "./tools/build/page-shell.ts";

/** The window: two pages, one for the desktop app (served from app://pipit) and one for browsers. */
export default defineConfig({
  root: "renderer",
  base: "/",
  plugins: [react(), tailwindcss(), pageShell(fileURLToPath(new URL(".", import.meta.url)))],
  // They load the readers of documents as they need them.
  worker: { format: "es" },
  build: {
    outDir: "../dist/renderer",
    emptyOutDir: true,
    target: "es2024",
    // The content policy allows no data: URLs, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The formulas' typesetter is the largest; it is fetched when the first formula comes.
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      // Of what is loaded at once anyway, which is meant.
      checks: { ineffectiveDynamicImport: false },
      // What two pages load at once is one file, not some forty: a first visit asks for less, and waits for fewer.
      output: { codeSplitting: { groups: [{ name: "shared", tags: ["$initial"], minShareCount: 2 }] } },
      input: { desktop: "renderer/desktop.html", web: "renderer/web.html", overlay: "renderer/overlay.html" },
    },
  },
});
