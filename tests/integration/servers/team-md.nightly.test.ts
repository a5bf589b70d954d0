import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCertificate } from "#tools/test/certificate.ts";
import { commandsOf } from "./operations-page.ts";
import { lacksOwnMachine, startOwnMachine, type OwnMachine, type Typed } from "./own-machine.ts";

const START_MS = 180_000;
const TEST_MS = 1_200_000;
const PASSWORD = "Correct-Horse-7-battery";
const NAME = "pipit.example";
const CERTIFICATE = "/etc/ssl/pipit/fullchain.pem";
/** People's machines have the project, too. */
const atHome = "cd /opt/pipit-1\n";
const ask = 'npx pipit chat --once "what is 12% of 240?"';

/**
 * What the page asks for that is not had here, and what stands in its place: the machine has what `apt-get` and `npm ci` would fetch.
 * All else of the commands is what it is called, systemd too.
 */
const standIns = `
apt-get() { hash psql redis-server nginx npm curl openssl; }
npm() { if [ "$1" = ci ]; then test -x node_modules/.bin/node; else command npm "$@"; fi; }
`;

const [name, packages, programs, database, settings, servers, proxy, reload, people, person, ...later] =
  await commandsOf("team.md");
const [backups, doctor, restart, upgrade, masterKey, older, databasePassword, ...last] = later;
const [redisBeside, redisAlone, deactivate, erase, oneServer, ...more] = last;
const before = (await commandsOf("upgrading.md"))[0];

/** One for all of the page: what its later sections change is what the first ones have made. */
let machine: OwnMachine;
const started = new AsyncDisposableStack();
const lacks = await lacksOwnMachine();
beforeAll(async () => {
  if (lacks === undefined) machine = started.use(await startOwnMachine(AbortSignal.timeout(START_MS)));
}, START_MS);
afterAll(() => started.disposeAsync(), START_MS);

const shell = (commands = "exit 9", typed?: readonly Typed[]) =>
  machine.run(`${standIns}\n${name}\n${commands}`, typed);

/** The certificate that an authority would give, and everybody's trust in that authority. */
async function certify(): Promise<void> {
  await makeCertificate(join(machine.files, "tmp"), [NAME], AbortSignal.timeout(START_MS), 90);
  await shell(`
    install -m 0644 /tmp/server.crt ${CERTIFICATE}
    install -m 0600 /tmp/server.key /etc/ssl/pipit/privkey.pem
    cat /tmp/server.crt >> /etc/ssl/certs/ca-certificates.crt`);
}

async function expectWell(): Promise<void> {
  const said = await shell(doctor);
  expect(said).not.toMatch(/^fail/m);
  const parts = ["database", "redis", "master-key", "backups", "server", "public-url", "grpc", "certificate"];
  for (const part of parts) expect(said).toMatch(new RegExp(`^ok +${part}`, "m"));
}

/**
 * Changes something while people of all kinds ask for something all the time, before, after and meanwhile. Resolves to what
 * they were refused, a line each.
 */
async function atWork(change: () => Promise<unknown>): Promise<readonly string[]> {
  const folder = "/tmp/people";
  const isThere = (file: string) =>
    stat(join(machine.files, folder, file)).then(
      () => true,
      () => false,
    );
  await shell(`rm -rf ${folder} && mkdir ${folder}`);
  const program = "/opt/pipit-1/tests/integration/servers/people-program.ts";
  const node = "exec /opt/pipit-1/node_modules/.bin/node";
  const asking = shell(`${node} ${program} ${NAME} ${CERTIFICATE} ann ${PASSWORD} ${folder}`);
  asking.catch(() => undefined);
  const begun = expect.poll(() => isThere("at-work"), { timeout: START_MS }).toBe(true);
  await Promise.race([begun, asking]);
  await change().finally(() => writeFile(join(machine.files, folder, "enough"), ""));
  // Of a machine that has far too much to do, not of the change: PostgreSQL has taken no connection for five seconds.
  const isSlow = /cannot reach its database|database is too busy|DATABASE_UNREACHABLE/;
  return (await asking).split("\n").filter((line) => line !== "" && !isSlow.test(line));
}

test(
  "docs/operations/team.md, 1 to 7: from the first package to the first question and the first backup, on a machine of its own",
  async ({ skip }) => {
    if (lacks !== undefined) return skip(lacks);
    expect(more).toEqual([]);
    await shell(packages);
    await shell(programs);
    expect(await shell(database)).toMatch(/noeviction\n(OK\n){2}$/);
    // Of a cluster that was made where nobody has set a language.
    const encoding =
      "runuser -u postgres -- psql --tuples-only --no-align --command 'show server_encoding' pipit";
    expect(await shell(encoding)).toBe("UTF8\n");
    await shell(settings);
    const health = await shell(servers);
    for (const word of ['"status":"healthy"', '"redis":"connected"', '"clock":"right"'])
      expect(health).toContain(word);
    await shell(proxy);
    await certify();
    expect(await shell(reload)).toContain("ready");
    const twice: readonly Typed[] = [
      ["Password: ", PASSWORD],
      ["Once more: ", PASSWORD],
    ];
    await shell(people, [...twice, ...twice]);
    expect(await shell(atHome + person, [["Password", PASSWORD]])).toContain("28.8");
    // One that has been kept long enough.
    await shell("install -d /var/backups/pipit && touch --date '40 days ago' /var/backups/pipit/pipit-0");
    expect(await shell(backups)).toMatch(/(?:^|\n)pipit-[1-9][\d-]{14}\n$/);
    await shell("! ls /var/backups/pipit/pipit-0");
    const told = () => shell("journalctl --unit pipit-backup --output cat");
    await expect.poll(told, { timeout: START_MS }).toContain("can be restored\n");
    expect(await shell("systemctl is-enabled pipit-backup.timer")).toBe("enabled\n");
    expect(await shell("systemctl show --property Result --value pipit-backup")).toBe("success\n");
    await expectWell();
    await shell("systemctl stop pipit@1");
    expect(await shell(atHome + ask)).toContain("28.8");
    await shell("systemctl start pipit@1");
  },
  TEST_MS,
);

test(
  "docs/operations/team.md, 8 to 10: nobody notices a restart, a new version and another master key; passwords change, and somebody leaves",
  async ({ skip }) => {
    if (lacks !== undefined) return skip(lacks);
    const running = () =>
      shell(
        'for n in 1 2; do readlink "/proc/$(systemctl show --property MainPID --value pipit@$n)/exe"; done',
      );

    expect(await atWork(() => shell(restart))).toEqual([]);
    const pipit = 'pipit() { shift; pipit-admin "$@"; }\nBACKUPS=/var/backups/pipit\n';
    expect(await shell(pipit + before)).toContain("can be restored\n");
    expect(await running()).toMatch(/^(\/opt\/pipit-1\/.*\n){2}$/);
    expect(await atWork(() => shell(upgrade))).toEqual([]);
    expect(await running()).toMatch(/^(\/opt\/pipit-2\/.*\n){2}$/);
    await expectWell();

    expect(await atWork(() => shell(masterKey))).toEqual([]);
    await expectWell();
    const verify = "pipit-admin backup verify $(ls /var/backups/pipit/pipit-* | head -n 1)";
    await expect(shell(verify)).rejects.toThrow("Set PIPIT_MASTER_KEY_PREVIOUS to that one");
    expect(await shell(older)).toContain("can be restored\n");
    // As after a quarter of an hour: what Bob's program has stored is renewed.
    const renewed = async () => {
      const credentials = "/root/.pipit/credentials";
      await shell(
        `sed -i 's/^access_expires_at = .*/access_expires_at = 2026-01-01T00:00:00Z/' ${credentials}`,
      );
      const tokens = await shell(`grep ^access ${credentials}`);
      expect(await shell(atHome + ask)).toContain("28.8");
      expect(await shell(`grep ^access ${credentials}`)).not.toBe(tokens);
    };
    await renewed();

    // What needs a new connection to the database meanwhile gets 503, in the words that are left out above.
    expect(await atWork(() => shell(databasePassword))).toEqual([]);
    await expectWell();
    expect(await shell(redisBeside)).toBe("OK\n".repeat(3));
    expect(await atWork(() => shell(redisAlone))).toEqual([]);
    await expectWell();
    await shell("systemctl restart redis-server");
    await expectWell();
    await renewed();

    await shell(deactivate);
    await expect(shell(atHome + ask)).rejects.toThrow(
      /This account was closed|You are not signed in|Signed out/,
    );
    await shell(erase, [["to erase it: ", "bob"]]);
    expect(await shell("pipit-admin users list")).not.toContain("bob");
    const file = "/var/backups/pipit-people/bob.json";
    expect(await shell(`stat --format '%a %U' ${file}`)).toBe("600 pipit\n");
    expect(await shell(`cat ${file}`)).toContain('"login":"bob"');
  },
  TEST_MS,
);

test(
  "docs/operations/team.md, several machines: one server alone, with open ports, of which the log warns",
  async ({ skip }) => {
    if (lacks !== undefined) return skip(lacks);
    await shell("systemctl disable --now pipit@1 pipit@2");
    expect(await shell(oneServer)).toContain('"status":"healthy"');
    // From another address than its own.
    await shell("curl --fail http://127.0.0.2:8787/ready && : < /dev/tcp/127.0.0.2/50051");
    const warned = await shell("journalctl --unit pipit --output cat --grep server.exposed_without_tls");
    for (const setting of ["--http 0.0.0.0:8787", "--grpc 0.0.0.0:50051"]) expect(warned).toContain(setting);
  },
  TEST_MS,
);
