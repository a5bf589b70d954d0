import { PassThrough, Readable } from "node:stream";
import { runCli } from "#cli/run.ts";
import type { TestServer } from "#tests/integration/start-test-server.ts";
import { noKeychain, withoutKeychainNote } from "./keychain-note.ts";

/** What one `pipit` is given. */
export interface PipitRun {
  /** PIPIT_HOME. */
  readonly home: string;
  /** Of standard input; several pieces arrive one by one. */
  readonly input?: string | readonly Buffer[];
  readonly env?: Readonly<Record<string, string>>;
  /** That it is to talk to. */
  readonly server?: Pick<TestServer, "httpUrl" | "grpcUrl">;
  /** Told all that was written to stderr so far. */
  readonly onNote?: (text: string) => void;
}

/** One `pipit` in this process, which starts in no time; stdin is no terminal. */
export async function runPipit(
  args: readonly string[],
  { home, input = "", env = {}, server, onNote }: PipitRun,
) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stdin = Readable.from(typeof input === "string" ? [Buffer.from(input)] : input);
  let [out, err] = ["", ""];
  stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
    onNote?.(err);
  });
  const urls = server && { PIPIT_SERVER_URL: server.httpUrl, PIPIT_GRPC_URL: server.grpcUrl };
  const all = { ...noKeychain, PIPIT_HOME: home, LANG: "C", PIPIT_BUILD: "never", ...urls, ...env };
  const code = await runCli(args, { stdin, stdout, stderr, env: all });
  return { code, out, err: withoutKeychainNote(err) };
}
