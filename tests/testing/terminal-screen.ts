import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { withoutKeychainNote } from "#tests/testing/keychain-note.ts";
import { compiledCode } from "#tools/test/compiled-code.ts";

const cliEntry = fileURLToPath(new URL("../../cli/pipit.js", import.meta.url));
const run = promisify(execFile);

/** A real terminal: tmux types and reads the screen. */
export interface Screen extends AsyncDisposable {
  type(...keys: readonly string[]): Promise<void>;
  /** As a terminal pastes: with marks where the program asked for them. */
  paste(text: string): Promise<void>;
  /** Resolves to the screen once it matches; rejects with what stood there instead. */
  shows(pattern: RegExp): Promise<string>;
}

const SHOWS_TIMEOUT_MS = 60_000;
const LOOK_MS = 50;

/** @param program runs in a shell, in which `$PIPIT` is our program; the screen stays when it has ended */
export async function openScreen(
  home: string,
  env: Readonly<Record<string, string>>,
  program = "$PIPIT chat --no-audio",
): Promise<Screen> {
  // A server of its own: one that was told to end may still hold the name.
  const socket = `pipit-${randomUUID()}`;
  const tmux = (...args: readonly string[]) => run("tmux", ["-L", socket, ...args]);
  const settings = Object.entries({
    PIPIT_HOME: home,
    LANG: "C.UTF-8",
    OLLAMA_HOST: "http://127.0.0.1:9",
    ...compiledCode,
    ...env,
  });
  const entry = `${quote(process.execPath)} ${quote(cliEntry)}`;
  const exported = settings.map(([name, value]) => `export ${name}=${quote(value)}`).join("; ");
  // The shell stays after the client, so that its exit code can be read on the screen.
  await tmux(
    "-f",
    "/dev/null",
    "new-session",
    "-d",
    "-x",
    "100",
    "-y",
    "40",
    "sh",
    "-c",
    `trap '' INT; ${exported}; ${program.replaceAll("$PIPIT", entry)}; echo "exit=$?"; cat`,
  );
  const read = async (): Promise<string> => withoutKeychainNote((await tmux("capture-pane", "-p")).stdout);
  return {
    type: async (...keys) => void (await tmux("send-keys", ...keys)),
    async paste(text) {
      await tmux("set-buffer", text);
      await tmux("paste-buffer", "-p");
    },
    async shows(pattern) {
      const deadlineMs = performance.now() + SHOWS_TIMEOUT_MS;
      for (;;) {
        const screen = await read();
        if (pattern.test(screen)) return screen;
        if (performance.now() > deadlineMs) throw new Error(`The screen never showed ${pattern}:\n${screen}`);
        // Each look is a process, which the program under test would wait for.
        await sleep(LOOK_MS);
      }
    },
    [Symbol.asyncDispose]: async () => void (await tmux("kill-server")),
  };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
