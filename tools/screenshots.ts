import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "./test/command.ts";
import { canInstall, findMissing, installParts } from "./test/parts.ts";
import { desktopPictures } from "./screenshots/desktop.ts";
import { pagePictures } from "./screenshots/page.ts";
import { terminalPicture } from "./screenshots/terminal.ts";
import { windowPictures } from "./screenshots/window.ts";

/**
 * `npm run screenshots [-- terminal window page desktop]`: pictures of real runs for the README, written to docs/screenshots. With no
 * name, all of them.
 */
const makers = {
  window: windowPictures,
  page: pagePictures,
  desktop: desktopPictures,
  terminal: terminalPicture,
} as const;
type Name = keyof typeof makers;

const folder = join(repositoryRoot, "docs", "screenshots");
const timeoutMs = 5 * 60_000;

async function provideParts(signal: AbortSignal): Promise<void> {
  const missing = await findMissing(signal);
  if (missing.length === 0) return;
  if (await canInstall()) await installParts(missing, console.log, signal);
  else console.log(`Missing here: ${missing.map(({ part }) => part.purpose).join("; ")}`);
}

function isName(name: string): name is Name {
  return name in makers;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !isName(name));
if (unknown.length > 0) {
  console.error(`There is no picture "${unknown.join(", ")}". There are: ${Object.keys(makers).join(", ")}.`);
  process.exitCode = 2;
} else {
  const signal = AbortSignal.timeout(timeoutMs);
  await provideParts(signal);
  await mkdir(folder, { recursive: true });
  for (const [name, make] of Object.entries(makers)) {
    if (wanted.length === 0 || wanted.includes(name)) await make(folder, signal);
  }
}
