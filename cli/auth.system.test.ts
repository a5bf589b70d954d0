import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateSync } from "otplib";
import { expect, test } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { createCliHome } from "#tests/integration/cli-process.ts";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { openScreen } from "#tests/testing/terminal-screen.ts";

const PASSWORD = "Correct-horse-1";

test("[U16] pipit auth asks at a terminal, echoes no password, and Ctrl-C leaves the terminal as it was", async () => {
  await using server = await startTestServer();
  await using pipit = await createCliHome();
  const env = { PIPIT_SERVER_URL: server.httpUrl, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" };
  await using screen = await openScreen(
    pipit.home,
    env,
    ["register", "register", "token", "logout", "login", "login --force", "login --device --force"]
      .map((command) => `$PIPIT auth ${command}; echo "${command.split(" ")[0]}=$?"`)
      .join("; "),
  );
  await screen.shows(/Username:\s*$/);
  await screen.type("ann", "Enter");
  await screen.shows(/Display name .*:\s*$/);
  await screen.type("Given up", "Enter");
  await screen.shows(/Password:\s*$/);
  await screen.type(PASSWORD, "Enter");
  await screen.shows(/Password again:\s*$/);
  await screen.type("a part", "C-c");
  await screen.shows(/register=130\n+Username:\s*$/);
  expect(await readdir(pipit.home)).not.toContain("credentials");
  await screen.type("ann", "Enter");
  await screen.shows(/register=130[^]*Display name .*:\s*$/);
  await screen.type("Ann", "Enter");
  await screen.shows(/Password:\s*$/);
  await screen.type(PASSWORD, "Enter");
  await screen.shows(/Password again:\s*$/);
  await screen.type("Typed-otherwise-2", "Enter");
  await screen.shows(/passwords differ\.\n+Password:\s*$/);
  await screen.type(PASSWORD, "Enter");
  await screen.shows(/differ[^]*Password again:\s*$/);
  await screen.type(PASSWORD, "Enter");
  await screen.shows(/Account created\.\n +Logged in as: Ann[^]*app as well\? \(y\/N\):\s*$/);
  await screen.type("y", "Enter");
  await screen.shows(/█[^]*this key there: [A-Z2-7]+\n+Code [^]*not now\):\s*$/);
  await screen.type("Enter");
  await screen.shows(/No second factor is set up\.[^]*register=0/);
  // Not on a screen, unless that is wanted.
  await screen.shows(/use --show\.\ntoken=2/);
  await screen.shows(/Cleared credentials for: Ann\nlogout=0\n+Username:\s*$/);
  await screen.type("ann", "Enter");
  await screen.shows(/logout=0\n+Username: ann\n+Password:\s*$/);
  await screen.type("Wrong-horse-1", "Enter");
  await screen.shows(/Invalid username or password\n+Password:\s*$/);
  await screen.type(PASSWORD, "Enter");
  await screen.shows(/Login successful!\n +Logged in as: Ann[^]*login=0\n+Username:\s*$/);

  await screen.type("bob", "Enter");
  await screen.shows(/Username: bob\n+Password:\s*$/);
  await screen.type("half of it", "C-c");
  await screen.shows(/login=130/);
  const shown = await screen.shows(/enter the code [A-Z]{4}-[A-Z]{4}[^]*█/);
  expect(shown).not.toMatch(/horse|otherwise|half of it|a part/);
  await screen.type("C-c");
  await screen.shows(/login=130\n+exit=0/);
  await screen.type("echoed again");
  await screen.shows(/exit=0\n+echoed again/);
  expect(await readFile(join(pipit.home, "credentials"), "utf8")).toContain('username = "Ann"');
});

test(
  "[U16, S4] a second factor at a terminal, every way in, another account, and a sign-in that another device ends",
  { timeout: 240_000 },
  async () => {
    let aheadMs = 0;
    const clock = { nowMs: () => Date.now() + aheadMs };
    await using server = await startTestServer({ deps: { clock } });
    await using pipit = await createCliHome();
    const named = { PIPIT_SERVER_URL: server.httpUrl, PIPIT_GRPC_URL: server.grpcUrl };
    const env = { ...named, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" };
    // In place of the system's browser.
    const opened = join(pipit.home, "opened");
    const bin = join(pipit.home, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "xdg-open"), `#!/bin/sh\nprintf %s "$1" > '${opened}'\n`, { mode: 0o755 });
    await writeFile(opened, "");
    const account = { login: "ann", password: PASSWORD, display_name: "Ann" };
    // The sign-in of another device, in which the second factor is set up.
    const { access_token: otherDevice } = await ask(server, "/auth/register", {
      ...account,
      client_id: CLI_CLIENT_ID,
    });
    const asOther = (path: string, body?: object, method?: string) =>
      ask(server, path, body, { method, token: String(otherDevice) });
    const { secret } = await asOther("/auth/otp/init", { password: PASSWORD });
    /** Every code works once, and passwords are counted by the minute. */
    const nextCode = (): string => {
      aheadMs += 61_000;
      return generateSync({ secret: String(secret), epoch: Math.floor(clock.nowMs() / 1000) });
    };
    const confirmed = await asOther("/auth/otp/confirm", { otp: nextCode() });
    const [firstSpare = "", secondSpare = ""] = confirmed["recovery_codes"] as string[];

    const ways = ["login", "login --force", "login --browser --force", "login --device --force"];
    const steps = [
      '$PIPIT auth login; echo "given=$?"',
      ...ways.map((way, index) => `$PIPIT auth ${way}; echo "way${index}=$?"`),
      `echo ${PASSWORD} | $PIPIT auth register --username zoe --password-stdin`,
      "$PIPIT auth switch ann",
      "$PIPIT chat --no-audio",
    ];
    const program = [`export PATH=${bin}:$PATH`, ...steps].join("; ");
    await using screen = await openScreen(pipit.home, env, program);
    const typePassword = async (before: RegExp): Promise<void> => {
      await screen.shows(new RegExp(`${before.source}Username:\\s*$`));
      await screen.type("ann", "Enter");
      await screen.shows(new RegExp(`${before.source}Username: ann\\n+Password:\\s*$`));
      await screen.type(PASSWORD, "Enter");
    };
    await typePassword(/^/);
    await screen.shows(/Code.*:\s*$/);
    await screen.type("1234", "C-c");
    await screen.shows(/given=130/);
    expect(await readdir(pipit.home)).not.toContain("credentials");
    await typePassword(/given=130\n+/);
    await screen.shows(/given=130[^]*Code.*:\s*$/);
    await screen.type("000000", "Enter");
    await screen.shows(/Code.*: 000000\n[^]+Code.*:\s*$/);
    await screen.type(nextCode(), "Enter");
    await screen.shows(/Logged in as: Ann[^]*way0=0/);
    await typePassword(/way0=0\n+/);
    await screen.shows(/way0=0[^]*Code.*:\s*$/);
    await screen.type(firstSpare, "Enter");
    await screen.shows(/way0=0[^]*Logged in as: Ann[^]*way1=0/);

    await expect.poll(() => readFile(opened, "utf8")).toMatch(/^http/u);
    const browser = createFormBrowser(server.httpUrl);
    const asked = await browser.send(await browser.open(await readFile(opened, "utf8")), account);
    await fetch(browser.leftTo(await browser.send(asked, { otp: nextCode() })));
    await screen.shows(/way1=0[^]*Logged in as: Ann[^]*way2=0/);
    const shown = await screen.shows(/way2=0[^]*enter the code [A-Z]{4}-[A-Z]{4}[^]*Ctrl-C/);
    const [, user_code = ""] = /enter the code (\S+)/.exec(shown) ?? [];
    const device = await browser.send(await browser.open("/oauth/device"), { user_code });
    expect((await browser.send(device, {}, ["confirm", "yes"])).text).toContain("The device is signed in.");
    await screen.shows(/Logged in as: Ann[^]*way3=0/);
    await screen.shows(/Logged in as: zoe[^]*Switched to Ann[^]*Pipit is listening[^]*\n+›\s*$/);
    await screen.type("/switch", "Enter");
    await screen.shows(/\* Ann\n +zoe\n+›\s*$/);

    await screen.type("half a thought");
    await screen.shows(/› half a thought\s*$/);
    const { sessions } = await asOther("/oauth/sessions");
    for (const { session_id, current } of sessions as { session_id: string; current: boolean }[])
      if (!current) await asOther(`/oauth/sessions/${session_id}`, undefined, "DELETE");
    await screen.shows(/Your sign-in was ended\.[^]*\n+› half a thought\s*$/);
    const login = ["auth", "login", "--username", "ann", "--password-stdin"];
    const again = await pipit.run(login, { env, input: `${PASSWORD}\n${secondSpare}\n` });
    expect(again).toMatchObject({ code: 0 });
    await screen.type("C-u", "/login", "Enter");
    await screen.shows(/Signed in as ann\.[^]*\n+›\s*$/);
    await screen.type("what is 6*7?", "Enter");
    await screen.shows(/6\*7 = 42\n+›\s*$/);
  },
);

/** Asks the server over HTTP; with a body it is a POST. */
async function ask(
  { httpUrl }: TestServer,
  path: string,
  body: object | undefined,
  { method, token }: { readonly method?: string | undefined; readonly token?: string } = {},
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(httpUrl + path, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  expect(answer.ok, `${path}: ${text}`).toBe(true);
  return JSON.parse(text) as Record<string, unknown>;
}
