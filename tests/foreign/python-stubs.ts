import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "#tools/test/command.ts";

const GENERATE_TIMEOUT_MS = 60_000;

/** Stubs of our proto in a folder of their own, which goes away with this. */
export interface PythonStubs extends AsyncDisposable {
  /**
   * Runs a script of this folder with the stubs, and resolves to what it printed, which must be JSON. Secrets go through
   * the environment: an argument would be readable by every user of the machine.
   */
  run(
    script: string,
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
    timeoutMs: number,
  ): Promise<unknown>;
}

/**
 * Generates Python by Debian's protoc and gRPC plugin. Throws with what they complained of.
 *
 * @param folders where a file is looked for, one after the other
 */
export async function generatePythonStubs(
  files: readonly string[],
  folders: readonly string[] = ["proto"],
): Promise<PythonStubs> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-python-"));
  await using generating = new AsyncDisposableStack();
  generating.defer(() => rm(folder, { recursive: true, force: true }));
  const signal = AbortSignal.timeout(GENERATE_TIMEOUT_MS);
  const where = await runCommand("sh", ["-c", "command -v grpc_python_plugin"], {}, signal);
  const plugin = `--plugin=protoc-gen-grpc_python=${where.stdout.trim()}`;
  const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
  const generated = await runCommand(
    "protoc",
    [...folders.flatMap((each) => ["-I", each]), plugin, ...out, ...files],
    {},
    signal,
  );
  if (generated.code !== 0 || generated.stderr !== "") throw new Error(`protoc: ${generated.stderr}`);
  const owned = generating.move();
  return {
    async run(script, args, env, timeoutMs) {
      const all = { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1", ...env };
      const command = [join(import.meta.dirname, script), ...args];
      const options = { env: all };
      const result = await runCommand("/usr/bin/python3", command, options, AbortSignal.timeout(timeoutMs));
      if (result.stderr !== "") throw new Error(`${script}: ${result.stderr}`);
      return JSON.parse(result.stdout) as unknown;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
