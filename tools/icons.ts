import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeIcons, manifestPath } from "./icons/icon-manifest.ts";
import { iconOutputs } from "./icons/icon-plan.ts";

/** `npm run icons`: makes every icon file from the drawings in assets/icons. The results are committed. */
const root = fileURLToPath(new URL("..", import.meta.url));
const outputs = iconOutputs(root);
for (const { path, make } of outputs) {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, await make());
}
await writeFile(join(root, manifestPath), `${JSON.stringify(await describeIcons(root), undefined, 2)}\n`);
console.log(`icons: ${outputs.length} files made`);
