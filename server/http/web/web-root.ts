import { fileURLToPath } from "node:url";

/**
 * Where the built page lies, seen from the server's program: run from source (`server/main.ts`) it is in the `dist`
 * beside `server`; bundled (`dist/server/main.js`), it is in the same `dist`.
 */
export function webRootOf(entryUrl: string): string {
  const path = entryUrl.endsWith(".ts") ? "../dist/renderer" : "../renderer";
  return fileURLToPath(new URL(path, entryUrl));
}
