import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildParts } from "./build/build-part.ts";
import { packedParts } from "./build/pipit-parts.ts";
import { listenForStop } from "./listen-for-stop.ts";

/** `npm run build [-- --force] [--unless-building] [PART...]`: builds what is stale, and says so in one line per part. */
const root = fileURLToPath(new URL("..", import.meta.url));
using stop = listenForStop();
try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      force: { type: "boolean", default: false },
      "unless-building": { type: "boolean", default: false },
    },
  });
  const parts = packedParts(root).filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  const { force, "unless-building": unlessBuilding } = values;
  await buildParts(parts, { root, force, unlessBuilding, say }, stop.signal);
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function say(line: string): void {
  console.log(`build: ${line}`);
}
