import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { generateSync } from "otplib";
import { expect, test } from "vitest";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { generatePythonStubs } from "#tests/foreign/python-stubs.ts";
import { createCliHome, type CliHome } from "#tests/integration/cli-process.ts";
import { freePorts } from "#tests/integration/free-ports.ts";
import { startTestServer } from "#tests/integration/start-test-server.ts";
import { openScreen } from "#tests/testing/terminal-screen.ts";
import { builtServerEntry } from "#tools/build/pipit-parts.ts";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";

/** It starts the program ten times, and the server twice. */
const TIMEOUT_MS = 240_000;
const READY_TIMEOUT_MS = 60_000;
const PASSWORD = "Correct-horse-1";
const pictureFile = join(repositoryRoot, "docs/screenshots/terminal.png");

/** Starts the real server program; it can be killed and started again at the same place. */
async function serveAt(home: CliHome, http: string, grpc: string) {
  const { child } = home.start(["--http", http, "--grpc", grpc]);
  const isReady = () =>
    fetch(`http://${http}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(isReady, { timeout: READY_TIMEOUT_MS }).toBe(true);
  return {
    async kill(): Promise<void> {
      const ended = once(child, "close");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

test(
  "[15] pipit room: terminals and clients of the original chat live, and a server that is killed loses and doubles nothing",
  { timeout: TIMEOUT_MS },
  async ({ signal }) => {
    const folders = ["tests/foreign/seed-002", "proto"];
    await using stubs = await generatePythonStubs(["auth.proto", "messaging.proto"], folders);
    await using model = await startOpenAiDouble(stream(say("Half of it"), { kind: "hang" }));
    const settings = { PIPIT_MODEL_URL: model.url, PIPIT_MODEL: "double" };
    await using serverHome = await createCliHome(
      { PIPIT_MEMORIES: "0", PIPIT_TITLES: "0", ...settings },
      await builtServerEntry(repositoryRoot, signal),
    );
    const [httpPort = 0, grpcPort = 0] = await freePorts(2);
    const [http, grpc] = [`127.0.0.1:${httpPort}`, `127.0.0.1:${grpcPort}`];
    const server = await serveAt(serverHome, http, grpc);
    const env = {
      PIPIT_SERVER_URL: `http://${http}`,
      PIPIT_GRPC_URL: grpc,
      DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere",
    };
    await using zoe = await createCliHome(env);
    await using kim = await createCliHome(env);
    expect(await zoe.run(["room"])).toMatchObject({ code: 3, stderr: expect.stringContaining("auth login") });
    for (const [home, name] of [[zoe, "zoe"] as const, [kim, "kim"] as const]) {
      const register = ["auth", "register", "--password-stdin", "-u", name];
      expect(await home.run(register, { input: PASSWORD })).toMatchObject({ code: 0 });
    }

    const first = zoe.start(["room"], { input: "open" });
    const type = (...lines: readonly string[]) =>
      void first.child.stdin?.write(lines.map((line) => `${line}\n`).join(""));
    await first.noted(/This is the common room[^]*Nothing was said here yet\./);
    type("hello");
    await first.printed(/^\[\d\d:\d\d:\d\d\] zoe: hello\n$/);
    const second = kim.start(["room"], { input: "open" });
    await second.printed(/zoe: hello\n/);
    second.child.stdin?.write("hi zoe\n");
    await first.printed(/kim: hi zoe\n/);
    const talk = expect.arrayContaining([["bob", "Привет, Аня"]]);
    const heard = await stubs.run("python_rooms_client.py", [grpc], { PIPIT_PASSWORD: PASSWORD }, 60_000);
    expect(heard).toMatchObject({ ann: talk, bob: talk });
    const both = [first, second];
    for (const one of both) await one.printed(/bob: Привет, Аня\n[^]*bob: the last\n/);

    const third = kim.start(["room"], { input: "open" });
    await third.printed(/bob: the last\n/);
    await server.kill();
    for (const one of [...both, third]) await one.noted(/Trying again; what you write is kept/);
    // What a program that is gone has not sent is sent by the next one, once.
    third.child.stdin?.write("kept\n");
    await third.noted(/\(waiting\) kept/);
    third.child.kill("SIGINT");
    expect(await third.result).toMatchObject({
      code: 130,
      stderr: expect.stringContaining("1 message waits to be sent. The next pipit room sends it"),
    });
    type("one", "two");
    await first.noted(/\(waiting\) one/);
    await serveAt(serverHome, http, grpc);
    for (const one of both) {
      await one.noted(/\(reconnected, \d messages?\)/);
      const shown = await one.printed(/zoe: two\n/);
      expect(shown.match(/(?:zoe|kim): .*/g)).toEqual(["zoe: hello", "kim: hi zoe", "zoe: one", "zoe: two"]);
    }

    const next = await kim.run(["room"], { input: "" });
    expect(next).toMatchObject({ code: 0, stdout: expect.stringMatching(/kim: kept\n$/) });
    expect(next.stderr).toContain("Sending 1 message that was left");
    const after = await kim.run(["room"], { input: "once\n" });
    expect(after.stdout.match(/kim: .*/g)?.slice(-2)).toEqual(["kim: kept", "kim: once"]);
    expect(after.stderr).not.toContain("Sending");

    type("/create Birds");
    await first.noted(/This is Birds\./);
    expect(await kim.run(["room", "Birds"])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining('no room "Birds" that you are in or invited to'),
    });
    type("/invite kim");
    await first.noted(/kim is invited/);
    const piped = await kim.run(["room", "birds"], {
      input: `from a pipe\n/image ${pictureFile}\n/send\n/send /slash\n`,
    });
    expect(piped).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/kim: from a pipe\n.*kim: \[picture 988 × 448\]\n.*kim: \/slash\n$/),
    });
    await first.printed(/kim: from a pipe\n.*kim: \[picture 988 × 448\]\n.*kim: \/slash\n$/);
    // What Pipit answers is shown with who has asked, who also ends it.
    type("/stop");
    await first.noted(/Pipit is answering nothing/);
    type("@pipit go on");
    await expect.poll(() => model.requests.length).toBe(1);
    type("/stop");
    await first.printed(/zoe: @pipit go on\n.*pipit \(to zoe\): (?:Half of it\n *\n *)?\(stopped\)\n$/);
    type("/stop");
    await first.noted(/Pipit is answering nothing[^]*Pipit is answering nothing/);
    first.child.stdin?.end("the end");
    expect(await first.result).toMatchObject({ code: 0, stdout: expect.stringMatching(/zoe: the end\n$/) });
    second.child.kill("SIGINT");
    expect(await second.result).toMatchObject({ code: 130 });
  },
);

test(
  "pipit room: /register shows and saves the code of a second factor, three codes may be wrong, and what is seen is read",
  { timeout: TIMEOUT_MS },
  async () => {
    await using server = await startTestServer();
    const env = {
      PIPIT_SERVER_URL: server.httpUrl,
      PIPIT_GRPC_URL: server.grpcUrl,
      DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere",
    };
    await using ann = await createCliHome(env);
    await using zoe = await createCliHome(env);
    const register = ["auth", "register", "--password-stdin", "-u", "zoe"];
    expect(await zoe.run(register, { input: PASSWORD })).toMatchObject({ code: 0 });
    await using screen = await openScreen(ann.home, env, "$PIPIT room");
    await screen.shows(/\/register makes an account\.\n+›\s*$/);
    const makeAccount = async (login: string) => {
      await screen.type("/register", "Enter");
      await screen.shows(/Username:\s*$/);
      await screen.type(login, "Enter");
      await screen.shows(/Display name .*:\s*$/);
      await screen.type("Enter");
      await screen.shows(/Password:\s*$/);
      await screen.type(PASSWORD, "Enter");
      await screen.shows(/Password again:\s*$/);
      await screen.type(PASSWORD, "Enter");
      await screen.shows(new RegExp(`Logged in as: ${login}[^]*app as well\\? \\(y/N\\):\\s*$`));
      await screen.type("y", "Enter");
      return await screen.shows(/█[^]*this key there: [A-Z2-7]+\n+Code [^]*not now\):\s*$/);
    };
    await makeAccount("bob");
    for (const code of ["000000", "000001", "000002"]) {
      await screen.type(code, "Enter");
      await screen.shows(new RegExp(`not now\\): ${code}\\n+.*This code is wrong`));
    }
    await screen.shows(
      /There are no attempts left\.\n[^]*No second factor is set up\.[^]*common room[^]*\n›\s*$/,
    );

    const shown = await makeAccount("ann");
    const secret = /this key there: ([A-Z2-7]+)/.exec(shown)?.[1] ?? "";
    const picture = join(ann.home, "code.png");
    await screen.type(`save ${picture}`, "Enter");
    await screen.shows(/Saved\. Delete \S+code\.png[^]*not now\):\s*$/);
    expect((await stat(picture)).mode & 0o777).toBe(0o600);
    const read = await runCommand("zbarimg", ["--quiet", "--raw", picture], {}, AbortSignal.timeout(60_000));
    expect(new URL(read.stdout.trim()).searchParams.get("secret")).toBe(secret);
    await screen.type(`save ${picture}`, "Enter");
    await screen.shows(/code\.png could not be written \(EEXIST\)[^]*not now\):\s*$/);
    await screen.type(generateSync({ secret }), "Enter");
    await screen.shows(
      /From now on a sign-in asks for a code\.[^]*\n +\w{4}[^]*This is the common room[^]*›\s*$/,
    );

    expect(await zoe.run(["room"], { input: "seen at once\n" })).toMatchObject({ code: 0 });
    await screen.shows(/zoe: seen at once/);
    await screen.type("/create Birds", "Enter");
    await screen.shows(/This is Birds\./);
    await screen.type("/rooms", "Enter");
    await screen.shows(/\nthe common room\s*\n[^]*›\s*$/);
    expect(await zoe.run(["room"], { input: "not seen\n" })).toMatchObject({ code: 0 });
    await screen.type("/rooms", "Enter");
    await screen.shows(/\nthe common room +1 unread/);
  },
);
