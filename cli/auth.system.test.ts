import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createCliHome } from "#tests/integration/cli-process.ts";
import { startTestServer } from "#tests/integration/start-test-server.ts";
import { openScreen } from "#tests/testing/terminal-screen.ts";

const PASSWORD = "Correct-horse-1";

test("[U16] pipit auth asks at a terminal, echoes no password, and Ctrl-C leaves the terminal as it was", async () => {
  await using server = await startTestServer();
  await using pipit = await createCliHome();
  const env = { PIPIT_SERVER_URL: server.httpUrl, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" };
  await using screen = await openScreen(
    pipit.home,
    env,
    ["register", "token", "logout", "login", "login --force", "login --device --force"]
      .map((command) => `$PIPIT auth ${command}; echo "${command.split(" ")[0]}=$?"`)
      .join("; "),
  );
  await screen.shows(/Username:\s*$/);
  await screen.type("ann", "Enter");
  await screen.shows(/Display name .*:\s*$/);
  await screen.type("Ann", "Enter");
  await screen.shows(/Password:\s*$/);
  await screen.type(PASSWORD, "Enter");
  await screen.shows(/Password again:\s*$/);
  await screen.type("Typed-otherwise-2", "Enter");
  await screen.shows(/passwords differ\.\n+Password:\s*$/);
  await screen.type(PASSWORD, "Enter");
  await screen.shows(/differ[^]*Password again:\s*$/);
  await screen.type(PASSWORD, "Enter");
  await screen.shows(/Account created\.\n +Logged in as: Ann[^]*register=0/);
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
  expect(shown).not.toMatch(/horse|otherwise|half of it/);
  await screen.type("C-c");
  await screen.shows(/login=130\n+exit=0/);
  await screen.type("echoed again");
  await screen.shows(/exit=0\n+echoed again/);
  expect(await readFile(join(pipit.home, "credentials"), "utf8")).toContain('username = "Ann"');
});
