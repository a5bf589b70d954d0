import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Half a hundred small files cost each opening a fifth of its time. What is large and shown rarely stays by itself, and Russian. */
function isInOneFile(path: string): boolean {
  const isOurs = /[\\/](?:renderer|contract|engine)[\\/]/u.test(path);
  return isOurs && !/formula\.tsx|qr-code\.tsx|[\\/]ru[\\/]/u.test(path);
}

/** The real window on a scripted host, for component tests, benchmarks of rendering, and pictures. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react(), tailwindcss()],
  worker: { format: "es" },
  build: {
    outDir: fileURLToPath(new URL("../../dist/gallery", import.meta.url)),
    emptyOutDir: true,
    target: "es2024",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      checks: { ineffectiveDynamicImport: false },
      output: { codeSplitting: { groups: [{ name: "window", test: isInOneFile }] } },
    },
  },
});
