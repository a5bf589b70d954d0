import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

/** Node's own, for the stand-in itself. */
export const { fork: forkNode, spawnSync: spawnNodeSync } = { ...childProcess };

/**
 * The packaged app's binary is no Node: its RunAsNode fuse is off. Starting it again, which `fork` does unless it is told
 * another program, would start the whole app; here it throws, so that nobody relies on it.
 */
export function forbidRunAsNode(): void {
  const own = process.execPath;
  const refuse = (call: string): never => {
    throw new Error(
      `stand-in: ${call} starts this app's own binary, which is no Node (RunAsNode is off): use utilityProcess or worker_threads`,
    );
  };
  const module = childProcess as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ["spawn", "spawnSync", "execFile", "execFileSync"]) {
    const original = module[name];
    if (original === undefined) continue;
    const wrapped = (...args: unknown[]) =>
      args[0] === own ? refuse(`child_process.${name}`) : original(...args);
    // `execFile` brings its own promise form.
    module[name] = Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
  }
  const fork = module["fork"];
  module["fork"] = (...args) => {
    const options = args.find((arg) => typeof arg === "object" && !Array.isArray(arg)) as
      | { readonly execPath?: string }
      | undefined;
    const { execPath = own } = options ?? {};
    return execPath === own ? refuse("child_process.fork") : fork?.(...args);
  };
  syncBuiltinESMExports();
}
