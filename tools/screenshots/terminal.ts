import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand, repositoryRoot } from "../test/command.ts";
import { startService } from "../test/service-process.ts";
import { startServices } from "../test/services.ts";

const timeoutMs = 60_000;
const title = "Pipit in a terminal";

/** What is typed, and what the screen must show before the next line is. */
const conversation = [
  { type: undefined, until: /Pipit is listening/ },
  // The prompt must be back before the next line is typed, as a person would wait for it.
  { type: "my flight to Oslo is SK 1463 on Friday at 9:40", until: /to\s+change\s+that\.\s+›$/ },
  { type: "what is 18% of 2400?", until: /= 432[^]*= 432\s+›$/ },
  { type: "find the flight to Oslo", until: /I found one message[^]*SK 1463[^]*›$/ },
  { type: "который час в Токио?", until: /\(Asia\/Tokyo\)\.\s+›$/ },
] as const;

/** The terminal client in a real terminal, on a display of its own. Writes `terminal.png`. */
export async function terminalPicture(folder: string, signal: AbortSignal): Promise<void> {
  await using services = await startServices(["display", "secrets", "sound"], signal);
  const home = await mkdtemp(join(tmpdir(), "pipit-screenshot-"));
  const env = { ...services.env, PIPIT_HOME: home, LANG: "C.UTF-8", OLLAMA_HOST: "http://127.0.0.1:9" };
  const socket = `pipit-screenshot-${process.pid}`;
  const tmux = (...args: readonly string[]) => runCommand("tmux", ["-L", socket, ...args], { env }, signal);
  try {
    const command = `${process.execPath} ${join(repositoryRoot, "cli", "pipit.js")} chat`;
    await tmux(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-s",
      "shot",
      "-x",
      "96",
      "-y",
      "21",
      command,
      ";",
      "set",
      "-g",
      "status",
      "off",
    );
    const look = ["-fa", "DejaVu Sans Mono", "-fs", "12", "-bg", "#16181d", "-fg", "#e6e6e6", "-b", "14"];
    const attach = ["-e", "tmux", "-L", socket, "attach", "-t", "shot"];
    await using xterm = startService({
      name: "xterm",
      command: "xterm",
      args: ["-T", title, "-geometry", "96x21+40+40", ...look, ...attach],
      env,
    });
    for (const { type, until } of conversation) {
      if (type !== undefined) await tmux("send-keys", type, "Enter");
      const shown = async () => {
        const screen = (await tmux("capture-pane", "-p", "-S", "-200")).stdout.trimEnd();
        return until.test(screen) ? screen : undefined;
      };
      await xterm.until(shown, timeoutMs, signal);
    }
    await runCommand("import", ["-window", title, join(folder, "terminal.png")], { env }, signal);
  } finally {
    await tmux("kill-server");
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
