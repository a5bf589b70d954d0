import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { freePorts } from "#tests/integration/free-ports.ts";
import { startFastifyService } from "#tests/testing/auth/fastify-service.ts";
import { startServerProcess } from "#tests/testing/auth/server-process.ts";
import { repositoryRoot } from "#tools/test/command.ts";

const INTERNAL_KEY = "the-key-of-all-services-of-the-example";

/** The blocks of the page in this language, in their order. */
function blocksOf(page: string, language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, text = ""]) => text,
  );
}

test("docs/operations/joining-services.md: its commands, stage by stage, as they stand there", async () => {
  const page = await readFile(join(repositoryRoot, "docs/operations/joining-services.md"), "utf8");
  const [server, both, tokens, end, ...more] = blocksOf(page, "sh");
  expect(more).toEqual([]);
  await using stack = new AsyncDisposableStack();
  const [http = 0, grpc = 0] = await freePorts(2);
  const env = { PIPIT_SEED_COMPAT_CLIENTS: "1", PIPIT_INTERNAL_AUTH_KEY: INTERNAL_KEY };
  const before = stack.use(await startServerProcess({ env, ports: { http, grpc } }));
  const folder = await mkdtemp(join(tmpdir(), "pipit-joining-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const options = { issuer: before.url, jwksUrl: `${before.url}/.well-known/jwks.json` };
  const gateway = stack.use(await startFastifyService({ ...options, internalKey: INTERNAL_KEY }));
  const tokensOnly = stack.use(await startFastifyService(options));
  const shell = async (commands = "exit 9", at = gateway.url): Promise<string> => {
    const pipit = `pipit() { "${process.execPath}" "${join(repositoryRoot, "cli/pipit.js")}" "$@"; }`;
    const places = { PIPIT: before.url, GATEWAY: at, PIPIT_HOME: before.home };
    const { stdout } = await promisify(execFile)(
      "bash",
      ["-euo", "pipefail", "-c", `${pipit}\n${commands}`],
      {
        cwd: folder,
        env: { ...process.env, ...places, INTERNAL_KEY, TEST_PASSWORD: "Correct-Horse-7-battery" },
      },
    );
    return stdout;
  };

  expect(await shell(server)).toContain('"status":"healthy"');
  const asked = await shell(both);
  expect(asked).toMatch(/"method":"internal".*"method":"bearer"/s);
  expect(asked).toContain("401\n");
  expect(asked).toContain('service_auth_requests_total{method="bearer",outcome="accepted"} 1');
  expect(asked).toContain('service_auth_requests_total{method="internal",outcome="accepted"} 1');
  const switched = await shell(tokens, tokensOnly.url);
  expect(switched).toMatch(/^401\n/);
  expect(switched).toContain('"client":"codelab-flutter-app"');
  expect(switched).toContain('"subject":"agent-runtime"');

  // What happens to the sessions that nobody's name is on, and that the way back needs no other schema.
  const [change = ""] = blocksOf(page, "sql");
  const sessions = new Database(":memory:");
  stack.defer(() => void sessions.close());
  sessions.exec("CREATE TABLE sessions (id TEXT); INSERT INTO sessions VALUES ('a');");
  sessions.exec(change);
  sessions.exec("INSERT INTO sessions (id) VALUES ('b')");
  const unowned = /SELECT count\(\*\) FROM sessions[^`]*/.exec(page)?.[0] ?? "";
  expect(sessions.prepare(unowned).pluck().get()).toBe(2);

  await before.stop();
  const { PIPIT_INTERNAL_AUTH_KEY: _gone, ...without } = env;
  stack.use(await startServerProcess({ env: without, home: before.home, ports: { http, grpc } }));
  const ended = await shell(end);
  expect(ended).toMatch(/^401\n/);
  expect(ended).not.toContain('method="internal"');
});
