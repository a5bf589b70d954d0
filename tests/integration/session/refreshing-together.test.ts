import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createCredentialsFileTokenStore } from "#engine/node/keychain/credentials-file-token-store.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { sized } from "#tests/testing/test-size.ts";
import { compiledCode } from "#tools/test/compiled-code.ts";
import { startTestServer } from "../start-test-server.ts";
import { never, openSession, PASSWORD } from "./session-stage.ts";

const PROGRAMS = 8;
/** The full number, of the nightly run, is 1,000. */
const ROUNDS = sized(40, 1_000);
const program = fileURLToPath(new URL("refreshing-program.ts", import.meta.url));
const run = promisify(execFile);

test(
  `${PROGRAMS} programs that each renew the tokens of one credentials file ${ROUNDS} times sign no one out`,
  { timeout: sized(240_000, 900_000) },
  async () => {
    await using owned = new AsyncDisposableStack();
    const server = owned.use(await startTestServer());
    const home = await mkdtemp(join(tmpdir(), "pipit-refreshing-"));
    owned.defer(() => rm(home, { recursive: true, force: true }));
    const person = owned.use(openSession(server.httpUrl));
    await person.session.register({ login: "ann", password: PASSWORD, displayName: "" }, never);
    const scope = { home, serverUrl: server.httpUrl, ownServer: false, logger: createFakeLogger() };
    const file = createCredentialsFileTokenStore(scope);
    const first = person.store.stored ?? expect.fail();
    await file.save(first);

    const args = [program, home, server.httpUrl, String(ROUNDS)];
    const env = { ...process.env, ...compiledCode };
    const ended = await Promise.all(
      Array.from({ length: PROGRAMS }, () => run(process.execPath, args, { env })),
    );
    for (const { stdout } of ended) expect(JSON.parse(stdout)).toMatchObject({ kind: "signed-in" });
    const last = await file.load();
    expect(last?.refreshToken).not.toBe(first.refreshToken);
    const headers = { authorization: `Bearer ${last?.accessToken}` };
    expect((await fetch(`${server.httpUrl}/auth/me`, { headers })).status).toBe(200);
  },
);
