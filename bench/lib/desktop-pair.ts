import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSettings } from "#contract/settings.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { buildParts } from "#tools/build/build-part.ts";
import { allParts } from "#tools/build/pipit-parts.ts";
import { startModelProgram } from "./pipit-main.ts";
import { startProbedApp, type ProbedApp } from "./probed-app.ts";

/** Pipit and the least app there can be, both running with their window hidden. */
export interface DesktopPair extends AsyncDisposable {
  readonly pipit: ProbedApp;
  readonly bare: ProbedApp;
}

/** Builds what is stale, and starts both on the stand-in, past the first steps. */
export async function startDesktopPair(signal: AbortSignal): Promise<DesktopPair> {
  await buildParts(allParts(repositoryRoot), { root: repositoryRoot, say: () => undefined }, signal);
  await using started = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "pipit-bench-"));
  started.defer(() => rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  await mkdir(join(home, "desktop"), { mode: 0o700 });
  const settings = JSON.stringify({ ...defaultSettings, firstRunDone: true });
  await writeFile(join(home, "desktop", "settings.json"), settings, { mode: 0o600 });
  const model = started.use(await startModelProgram(["--tokens", "8"], signal));
  const display: Record<string, string> =
    process.env["DISPLAY"] === undefined ? {} : { DISPLAY: process.env["DISPLAY"] };
  const env = {
    HOME: home,
    PIPIT_HOME: home,
    PIPIT_MODEL_URL: model.url,
    PIPIT_TITLES: "0",
    PIPIT_MEMORIES: "0",
    PIPIT_MODEL: "double",
    ...display,
  };
  const pipit = started.use(
    await startProbedApp(join(repositoryRoot, "dist/electron/main.js"), [], env, signal),
  );
  const bareProfile = join(home, "bare");
  const bareArgs = [`--user-data-dir=${bareProfile}`];
  const bare = started.use(
    await startProbedApp(join(import.meta.dirname, "bare-app"), bareArgs, { HOME: home }, signal),
  );
  for (const app of [pipit, bare]) {
    if (!(await app.ask<boolean>("loaded"))) throw new Error("The window has no text field.");
    await app.ask("hide");
  }
  const owned = started.move();
  return { pipit, bare, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
