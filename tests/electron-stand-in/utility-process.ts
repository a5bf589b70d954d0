import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { app } from "./app.ts";
import { forkNode } from "./child/no-run-as-node.ts";
import { checkOptions, strict, StrictEmitter } from "./strict.ts";
import { packMessage, unpackMessage } from "./child/whole-clone.ts";

interface ForkOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly execArgv?: readonly string[];
  readonly cwd?: string;
  readonly stdio?: "pipe" | "ignore" | "inherit" | readonly ("pipe" | "ignore" | "inherit")[];
  readonly serviceName?: string;
}
const known = [
  "env",
  "execArgv",
  "cwd",
  "stdio",
  "serviceName",
  "allowLoadingUnsignedLibraries",
  "respondToAuthRequestsFromMainProcess",
];

/** Electron's `UtilityProcess`: a Node process beside main. It has no standard input and ends with main. */
class UtilityProcess extends StrictEmitter {
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly #child: ChildProcess;

  constructor(modulePath: string, args: readonly string[], options: ForkOptions) {
    super("utilityProcess", ["spawn", "exit", "message", "error"]);
    checkOptions("utilityProcess.fork", options, known);
    const { stdio = "inherit" } = options;
    const [out, error] =
      typeof stdio === "string" ? [stdio, stdio] : [stdio[1] ?? "inherit", stdio[2] ?? "inherit"];
    this.#child = forkNode(modulePath, [...args], {
      env: { ...(options.env ?? process.env) },
      execArgv: [
        ...(options.execArgv ?? []),
        "--import",
        join(import.meta.dirname, "child", "parent-port.ts"),
      ],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: ["ignore", out, error, "ipc"],
      serialization: "advanced",
    });
    this.stdout = this.#child.stdout;
    this.stderr = this.#child.stderr;
    this.#child.on("spawn", () => this.emit("spawn"));
    this.#child.on("message", (packed: Uint8Array) => this.emit("message", unpackMessage(packed)));
    // Electron's "error" is a fatal one of V8; a message to a child that is gone is only lost.
    this.#child.on("error", () => undefined);
    // Electron gives a code for a signal too, never null.
    this.#child.on("exit", (code, signal) => {
      const exitCode = code ?? (signal === "SIGKILL" ? 9 : 15);
      this.emit("exit", exitCode);
      if (exitCode !== 0) this.#tellApp(options.serviceName, exitCode);
    });
  }

  #tellApp(serviceName: string | undefined, exitCode: number): void {
    const name = serviceName ?? "Node Utility Process";
    app.emit(
      "child-process-gone",
      {},
      { type: "Utility", reason: "abnormal-exit", exitCode, serviceName, name },
    );
  }

  get pid(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
  }
  postMessage(message: unknown): void {
    const packed = packMessage(message);
    if (this.#child.connected) this.#child.send(packed);
  }
  kill(): boolean {
    return this.#child.kill("SIGTERM");
  }
}

export const utilityProcess = strict(
  {
    fork(
      modulePath: string,
      args: readonly string[] | ForkOptions = [],
      options: ForkOptions = {},
    ): UtilityProcess {
      if (!app.isReady()) throw new Error("utilityProcess cannot be created before app is ready.");
      return Array.isArray(args)
        ? new UtilityProcess(modulePath, args, options)
        : new UtilityProcess(modulePath, [], args as ForkOptions);
    },
  },
  "utilityProcess",
);
