import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeCertificate } from "#tools/test/certificate.ts";
import { commandsOf } from "./operations-page.ts";
import { lacksOwnMachine, startOwnMachine, type OwnMachine, type Typed } from "./own-machine.ts";

const START_MS = 180_000;
const PASSWORD = "Correct-Horse-7-battery";
const NAME = "pipit.example";

/**
 * What the page asks for that is not had here, and what stands in its place: the machine has what `apt-get` and `npm ci` would fetch.
 * All else of the commands is what it is called, systemd too.
 */
const standIns = `
apt-get() { hash psql redis-server nginx npm curl openssl; }
npm() { if [ "$1" = ci ]; then test -x node_modules/.bin/node; else command npm "$@"; fi; }
`;

/** The certificate that an authority would give, and everybody's trust in that authority. */
async function certify({ files, run }: OwnMachine): Promise<void> {
  await makeCertificate(join(files, "tmp"), [NAME], AbortSignal.timeout(START_MS), 90);
  await run(`
    install -m 0644 /tmp/server.crt /etc/ssl/pipit/fullchain.pem
    install -m 0600 /tmp/server.key /etc/ssl/pipit/privkey.pem
    cat /tmp/server.crt >> /etc/ssl/certs/ca-certificates.crt`);
}

test("docs/operations/team.md: its commands, from the first package to the first question and the first backup, on a machine of its own", async ({
  skip,
}) => {
  const lacks = await lacksOwnMachine();
  if (lacks !== undefined) return skip(lacks);
  // Not a new version, another master key, another password: the last three blocks.
  const [name, packages, programs, database, settings, servers, proxy, reload, people, person, ...later] =
    await commandsOf("team.md");
  const [backups, doctor] = later;
  await using machine = await startOwnMachine(AbortSignal.timeout(START_MS));
  const shell = (commands = "exit 9", typed?: readonly Typed[]) =>
    machine.run(`${standIns}\n${name}\n${commands}`, typed);

  await shell(packages);
  await shell(programs);
  expect(await shell(database)).toContain("noeviction");
  // Of a cluster that was made where nobody has set a language.
  const encoding =
    "runuser -u postgres -- psql --tuples-only --no-align --command 'show server_encoding' pipit";
  expect(await shell(encoding)).toBe("UTF8\n");
  await shell(settings);
  const health = await shell(servers);
  for (const word of ['"status":"healthy"', '"redis":"connected"', '"clock":"right"'])
    expect(health).toContain(word);
  await shell(proxy);
  await certify(machine);
  expect(await shell(reload)).toContain("ready");
  const twice: readonly Typed[] = [
    ["Password: ", PASSWORD],
    ["Once more: ", PASSWORD],
  ];
  await shell(people, [...twice, ...twice]);
  // People's machines have the project, too.
  const atHome = "cd /opt/pipit-1\n";
  const asked = await shell(atHome + person, [["Password", PASSWORD]]);
  expect(asked).toContain("28.8");
  expect(await shell(backups)).toContain("can be restored\n");
  for (const [, job = ""] of (await shell("cat /etc/cron.d/pipit")).matchAll(/^[\d *]+ root (.+)$/gm)) {
    await writeFile(join(machine.files, "tmp/job"), job.replaceAll("\\%", "%"));
    await shell("sh -e /tmp/job");
  }
  const well = await shell(doctor);
  expect(well).not.toMatch(/^fail/m);
  for (const part of ["database", "redis", "backups", "server", "public-url", "grpc", "certificate"])
    expect(well).toMatch(new RegExp(`^ok +${part}`, "m"));

  const ask = 'npx pipit chat --once "what is 12% of 240?"';
  await shell("systemctl stop pipit@1");
  expect(await shell(atHome + ask)).toContain("28.8");
  await shell("systemctl start pipit@1");
}, 1_200_000);
