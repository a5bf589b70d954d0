import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "vite";
import { inProduction } from "#tools/build/config.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { compiledCode } from "#tools/test/compiled-code.ts";

/** One life of the client. */
export interface ClientLife {
  readonly home: string;
  readonly serverUrl: string;
  readonly grpcUrl: string;
  /** It kills itself when it passes this point for the `count`th time. */
  readonly end?: { readonly point: string; readonly count: number };
}
/** What it is told. */
export type ClientOrder =
  | { readonly kind: "send"; readonly text: string }
  | { readonly kind: "new-chat" }
  /** Of the newest message that waits, or the one that is being answered; an edit is a message of its own, `into`. */
  | { readonly kind: "change"; readonly how: Change; readonly into: string }
  | { readonly kind: "drain" };
/** What a person does to a message that is not answered. */
export type Change = "edit" | "park" | "stop";
/** What it says. */
export type ClientLine =
  | { readonly kind: "ready" }
  /** The person saw the message accepted: from now on it must not be lost. */
  | { readonly kind: "kept"; readonly text: string; readonly id: string }
  /** About to be changed: dying now, it may be the old or the new one. */
  | { readonly kind: "changing"; readonly how: Change; readonly text: string; readonly into: string }
  /** It was answered, or changed otherwise, meanwhile. */
  | { readonly kind: "unchanged"; readonly text: string; readonly into: string }
  /** Given up for good, which no message here deserves. */
  | { readonly kind: "refused"; readonly text: string; readonly why: string }
  /** Nothing waits any more. */
  | { readonly kind: "drained" };

/** Where the program is built: below the packages that it loads. */
const builtFolder = join(repositoryRoot, "node_modules", ".cache", "chaos-client");

/**
 * Builds the program of all lives into one file, which starts in a quarter of the time of its 400 sources; a life that is
 * killed keeps no compiled code for the next. To be awaited before the first life.
 */
export async function buildClient(): Promise<void> {
  const { nodeConfig } = await import("../../vite.electron.config.ts");
  const programs = { client: "tests/chaos/chaos-client-program.ts" };
  await inProduction(() => build(nodeConfig(builtFolder, programs)));
}

/** {@link ClientLife} as a process. */
export class ClientProcess {
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #lines = new Set<string>();
  #errors = "";
  #wake: (() => void)[] = [];

  /** @param onLine told of all that it says */
  constructor(life: ClientLife, onLine: (line: ClientLine) => void) {
    this.#child = spawn(process.execPath, [join(builtFolder, "client.js"), JSON.stringify(life)], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...compiledCode, PATH: process.env["PATH"] },
    });
    this.ended = once(this.#child, "close");
    this.#child.stderr?.on("data", (piece: Buffer) => (this.#errors += piece.toString("utf8")));
    // It may be gone when an order comes.
    this.#child.stdin?.on("error", () => {});
    if (this.#child.stdout === null) return;
    createInterface(this.#child.stdout).on("line", (text) => {
      const line = JSON.parse(text) as ClientLine;
      onLine(line);
      this.#lines.add(line.kind);
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  get gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  tell(order: ClientOrder): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** Resolves when it has said so, or has ended; rejects after `limitMs`. */
  async until(kind: ClientLine["kind"], limitMs: number): Promise<void> {
    const limit = AbortSignal.timeout(limitMs);
    while (!this.#lines.has(kind) && !this.gone) {
      const line = new Promise<void>((resolve) => this.#wake.push(resolve));
      const late = once(limit, "abort").then(() => {
        throw new Error(`the client is not ${kind} after ${limitMs} ms: ${this.#errors}`);
      });
      await Promise.race([line, this.ended, late]);
    }
    if (this.#child.exitCode !== null && this.#child.exitCode !== 0) throw new Error(this.#errors);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}
