import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { generatePythonStubs } from "#tests/foreign/python-stubs.ts";
import { createCliHome, type CliHome } from "#tests/integration/cli-process.ts";
import { freePorts } from "#tests/integration/free-ports.ts";

/** It starts the program ten times, and the server twice. */
const TIMEOUT_MS = 240_000;
const READY_TIMEOUT_MS = 60_000;
const PASSWORD = "Correct-horse-1";
const serverEntry = fileURLToPath(new URL("../server/main.ts", import.meta.url));

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
  async () => {
    const folders = ["tests/foreign/seed-002", "proto"];
    await using stubs = await generatePythonStubs(["auth.proto", "messaging.proto"], folders);
    await using serverHome = await createCliHome({ PIPIT_MEMORIES: "0", PIPIT_TITLES: "0" }, serverEntry);
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

    await server.kill();
    for (const one of both) await one.noted(/Trying again; what you write is kept/);
    type("one", "two");
    await first.noted(/\(waiting\) one/);
    await serveAt(serverHome, http, grpc);
    for (const one of both) {
      await one.noted(/\(reconnected, \d messages?\)/);
      const shown = await one.printed(/zoe: two\n/);
      expect(shown.match(/(?:zoe|kim): .*/g)).toEqual(["zoe: hello", "kim: hi zoe", "zoe: one", "zoe: two"]);
    }

    type("/create Birds");
    await first.noted(/This is Birds\./);
    expect(await kim.run(["room", "Birds"])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining('no room "Birds" that you are in or invited to'),
    });
    type("/invite kim");
    await first.noted(/kim is invited/);
    const piped = await kim.run(["room", "birds"], { input: "from a pipe\n/send /slash\n" });
    expect(piped).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/kim: from a pipe\n.*kim: \/slash\n$/),
    });
    await first.printed(/kim: from a pipe\n.*kim: \/slash\n$/);
    first.child.stdin?.end("the end");
    expect(await first.result).toMatchObject({ code: 0, stdout: expect.stringMatching(/zoe: the end\n$/) });
    second.child.kill("SIGINT");
    expect(await second.result).toMatchObject({ code: 130 });
  },
);
