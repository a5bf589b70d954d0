import type { Readable } from "node:stream";

/** A program of ours that talks by messages: the keychain's and the speaker's. */
export interface HelperOptions {
  /** Path of the program. */
  readonly program: string;
  /** Environment of the process. Default: this program's. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Whether the parent reads its standard error. */
  readonly stderr: "pipe" | "ignore";
}

/** A running helper. It ends with this program, even if that crashes. */
export interface HelperProcess {
  /** Undefined before it runs, and when it could not be started. */
  readonly pid: number | undefined;
  /** There with `stderr: "pipe"`. */
  readonly stderr: Readable | undefined;
  /** How it ended, in words for a log ("SIGKILL", "1", "spawn ENOENT"); never rejects. */
  readonly ended: Promise<string>;
  /** Structured clone: bytes may be sent. To a helper that is gone: nothing happens. */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Lets it end in its own way: it hears that its parent listens no more. */
  leave(): void;
  /** Ends it at once. */
  kill(): void;
}

/** A server program: prints a line when it is ready and serves until it is told to stop. */
export interface ServiceOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Descriptor of the file that takes its standard error. */
  readonly stderrFd: number;
}

/** A running service. It stops when this program is gone, even after a crash. */
export interface ServiceProcess {
  readonly pid: number | undefined;
  readonly stdout: Readable;
  /** Resolves when it is gone; never rejects. */
  readonly ended: Promise<string>;
  /** Asks it to finish what it is doing and to end. */
  stop(): void;
  kill(): void;
}

/** How this program starts its helpers: as child processes of Node, or in Electron as utility processes. */
export interface ChildLauncher {
  startHelper(options: HelperOptions): HelperProcess;
  startService(options: ServiceOptions): ServiceProcess;
}
