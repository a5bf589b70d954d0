import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runBackend } from "#cli/commands/backend.ts";
import { processEnvironment } from "#cli/kit/config.ts";
import { homeOf, type Environment } from "#contract/environment.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { findRunningServer } from "#engine/node/backend/running-server.ts";
import { readServerConfig } from "#server/config/config.ts";
import { buildParts } from "./build/build-part.ts";
import { allParts } from "./build/pipit-parts.ts";
import { listenForStop } from "./listen-for-stop.ts";
import { chooseFace } from "./start/choose-face.ts";
import { runProgram } from "./start/run-program.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const USAGE = `npm start [-- FLAGS]: opens Pipit in the menu bar, or, where that cannot be, as a web page.
  --web             open it as a web page on purpose
  --http HOST:PORT  where the web page listens, default 127.0.0.1:8787
  --grpc HOST:PORT  where its gRPC listens, default 127.0.0.1:50051
  --log-level LEVEL debug, info, warn (default) or error`;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

type StartOptions = NonNullable<ReturnType<typeof readOptions>>;

/** Undefined: the person asks for help. `serverArgs` are for the server of the web page. */
function readOptions(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        web: { type: "boolean", default: false },
        http: { type: "string" },
        grpc: { type: "string" },
        // A person reads this terminal: what goes well needs no line.
        "log-level": { type: "string", default: "warn" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return undefined;
    const passed = ["http", "grpc", "log-level"] as const;
    const serverArgs = passed.flatMap((flag) =>
      values[flag] === undefined ? [] : [`--${flag}`, values[flag]],
    );
    return { web: values.web, serverArgs };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split(". ")[0] ?? "") : "";
    throw new PipitError("USAGE", `${reason}.\n${USAGE}`, { cause: error });
  }
}

async function start(options: StartOptions, env: Environment): Promise<number | undefined> {
  const { face, config } = await prepare(options, env);
  if (face.kind === "desktop") {
    // Set by some editors' terminals; with it Electron would be a plain Node.
    const { ELECTRON_RUN_AS_NODE: _, ...rest } = env;
    return runProgram(face.electronPath, [join(root, "dist", "electron", "main.js")], rest);
  }
  if ((await findRunningServer(config.dataDir, AbortSignal.timeout(5_000))) !== undefined) {
    return runProgram(process.execPath, [join(root, "cli", "pipit.js"), "web"], env);
  }
  await runBackend({ program: "main", args: ["--sign-in-address", ...options.serverArgs] }, env);
  // The server has set it.
  return undefined;
}

/** What comes before the program: the face, the line that says why, and the parts to build for it. */
async function prepare(options: StartOptions, env: Environment) {
  using stop = listenForStop();
  const config = readServerConfig({ argv: options.serverArgs, env });
  const face = await chooseFace(
    {
      web: options.web,
      packageFolder: join(root, "node_modules", "electron"),
      cacheFolder: join(resolve(homeOf(env, homedir())), "cache"),
      env,
      platform: process.platform,
      userId: process.getuid?.(),
      onSlow: () => console.error("Fetching Electron (about 110 MB, two minutes at most) ..."),
    },
    stop.signal,
  );
  if (face.kind === "web" && face.because !== undefined) {
    console.log(`Pipit opens as a web page, because ${face.because}.`);
  }
  // The server of the page builds what it lacks by itself, while it serves.
  if (face.kind === "desktop") await buildParts(allParts(root), { root, say: sayBuilt }, stop.signal);
  return { face, config };
}

/** At a start, only what took time is worth a line. */
function sayBuilt(line: string): void {
  if (!line.endsWith("up to date")) console.log(`build: ${line}`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(USAGE);
  else process.exitCode = (await start(options, processEnvironment())) ?? process.exitCode;
} catch (reason) {
  const error = PipitError.from(reason);
  const message = error.code === "INTERNAL" && reason instanceof Error ? reason.message : error.message;
  console.error(`npm start: ${message}`);
  process.exitCode = error.code === "USAGE" ? EXIT_USAGE : EXIT_FAILED;
}
