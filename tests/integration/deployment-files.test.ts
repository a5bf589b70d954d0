import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { readServerConfig } from "#server/config/config.ts";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";

const CHECKED_WITHIN_MS = 60_000;
/** Tenths, as `systemd-analyze security` counts what a service may do: from 0, nothing, to 100. */
const MAY_DO_AT_MOST = 20;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-deployment-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sample = (name: string) => readFile(join(repositoryRoot, "docs/operations", name), "utf8");

test("systemd finds no fault with the unit, which may do little and has settings that the server takes", async () => {
  const text = await sample("systemd/pipit.service");
  const file = join(folder, "pipit.service");
  const node = "/opt/pipit/node_modules/.bin/node";
  await writeFile(file, text.replace(node, process.execPath));
  const analyze = (...args: readonly string[]) =>
    runCommand("systemd-analyze", [...args, file], {}, AbortSignal.timeout(CHECKED_WITHIN_MS));
  expect(await analyze("verify")).toMatchObject({ code: 0, stderr: "" });
  const limit = `--threshold=${MAY_DO_AT_MOST}`;
  expect(await analyze("security", "--offline=yes", "--no-pager", limit)).toMatchObject({ code: 0 });
  const lines = [...text.matchAll(/^Environment=(.+)$/gm)].flatMap(([, line = ""]) => line.split(" "));
  const env = Object.fromEntries(lines.map((line) => line.split("=", 2) as [string, string]));
  const key = join(folder, "master-key");
  await writeFile(key, `${Buffer.alloc(32, 7).toString("base64")}\n`);
  expect(env["PIPIT_MASTER_KEY_FILE"]).toBe("/etc/pipit/master-key");
  const config = readServerConfig({ argv: [], env: { ...env, PIPIT_MASTER_KEY_FILE: key } });
  expect(config).toMatchObject({ home: "/var/lib/pipit", shutdownDelaySeconds: 5, http: { port: 8787 } });
  expect(text).toContain(`\nExecStart=${node} /opt/pipit/dist/server/main.js\n`);
  // The delay, 10 s for answers, one for farewells; systemd kills after it.
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1])).toBeGreaterThan(config.shutdownDelaySeconds + 11);
});

test("[O3] pipit-admin takes values as systemd gives them to the servers, whatever a shell would make of them", async () => {
  const home = join(folder, "admin");
  await mkdir(home);
  const memory = join(home, `p&q $HOME;'x`);
  const own = `NODE_EXTRA_CA_CERTS='${home}/authority.pem'`;
  await writeFile(join(home, "pipit.env"), `# settings\nPIPIT_MEMORY_DIR=${memory}\n${own}\n`);
  await writeFile(join(home, "master-key"), Buffer.alloc(32, 7).toString("base64"));
  const script = await sample("systemd/pipit-admin");
  const here = {
    "/etc/pipit": home,
    "home=/var/lib/pipit": `home=${home}`,
    // The user is systemd's to make.
    "setpriv --reuid=pipit --regid=pipit --init-groups ": "",
    "/opt/pipit/node_modules/.bin/node": process.execPath,
    "/opt/pipit/dist/server/admin.js": join(repositoryRoot, "server/admin/main.ts"),
  };
  const changed = Object.entries(here).reduce((text, [path, instead]) => {
    expect(text).toContain(path);
    return text.replaceAll(path, instead);
  }, script);
  const file = join(home, "pipit-admin");
  await writeFile(file, changed);
  // An account is a file there.
  const add = 'echo Correct-Horse-7-battery | sh "$0" users add ann --password-stdin';
  const args = ["-c", `${add} && sh "$0" admin memory rebuild`, file];
  const rebuilt = await runCommand("sh", args, {}, AbortSignal.timeout(3 * CHECKED_WITHIN_MS));
  expect(rebuilt).toMatchObject({ code: 0, stdout: expect.stringContaining("0 chats written") });
  expect((await stat(memory)).isDirectory()).toBe(true);
  // Node takes this one from the environment alone, so the servers' is that of the program, too.
  const tell = `console.log(process.env.NODE_EXTRA_CA_CERTS, ...process.argv.slice(1))`;
  await writeFile(file, changed.replace(/\S+main\.ts.*/s, `--eval '${tell}' -- "$@"`));
  await mkdir(join(home, "2"));
  const told = await runCommand(
    "env",
    ["-u", "NODE_EXTRA_CA_CERTS", "sh", file, "doctor", "--json"],
    {},
    AbortSignal.timeout(CHECKED_WITHIN_MS),
  );
  // And the doctor is led to each of several servers.
  const stdout = `${home}/authority.pem doctor --json --server ${home}/2/server\n`;
  expect(told).toMatchObject({ code: 0, stdout });
}, 240_000);

test("systemd finds no fault with the timer of backups, nor with what it starts", async () => {
  const units = join(folder, "backup-units");
  await mkdir(units);
  for (const name of ["pipit-backup.service", "pipit-backup.timer"])
    await writeFile(join(units, name), await sample(`systemd/${name}`));
  const args = ["verify", join(units, "pipit-backup.timer"), join(units, "pipit-backup.service")];
  const verified = await runCommand("systemd-analyze", args, {}, AbortSignal.timeout(CHECKED_WITHIN_MS));
  expect(verified).toMatchObject({ code: 0, stderr: "" });
});

test("the unit is a template of several servers with a drop-in, each with ports and a folder of its own", async () => {
  const node = "/opt/pipit/node_modules/.bin/node";
  const several = await sample("systemd/several.conf");
  const units = join(folder, "units");
  await mkdir(join(units, "pipit@.service.d"), { recursive: true });
  const here = (text: string) => text.replace(node, process.execPath);
  await writeFile(join(units, "pipit@.service"), here(await sample("systemd/pipit.service")));
  // Two programs in one unit are refused, so what it finds no fault with has the drop-in's in the place of the other.
  await writeFile(join(units, "pipit@.service.d/several.conf"), here(several));
  const args = ["verify", join(units, "pipit@1.service")];
  const verified = await runCommand("systemd-analyze", args, {}, AbortSignal.timeout(CHECKED_WITHIN_MS));
  expect(verified).toMatchObject({ code: 0, stderr: "" });
  const [first, second] = ["1", "2"].map((number) => {
    const unit = several.replaceAll("%i", number);
    const [, flags = ""] = /^ExecStart=\S+ \S+ (.+)$/m.exec(unit) ?? [];
    const [, home = "", readyAt] =
      /^Environment=PIPIT_HOME=(\S+) READY_AT=127\.0\.0\.1:(\d+)$/m.exec(unit) ?? [];
    const { http, grpc } = readServerConfig({ argv: flags.split(" "), env: { PIPIT_HOME: home } });
    expect(unit).toContain(`\nStateDirectory=${home.replace("/var/lib/", "")}\n`);
    // The unit's question whether it is ready, which the drop-in leaves as it is, goes there.
    expect(readyAt).toBe(String(http.port));
    expect(unit).not.toContain("ExecStartPost");
    return [home, http.port, grpc.port];
  });
  expect(first).toEqual(["/var/lib/pipit/1", 8781, 50_051]);
  expect(second).toEqual(["/var/lib/pipit/2", 8782, 50_052]);
});

/** What the test reads of the manifests; that they are right as a whole is what the compiler says. */
const manifest = z.object({ apiVersion: z.string(), kind: z.string() });
const configMap = z.object({ data: z.record(z.string(), z.string()) });
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const deployment = z.object({
  spec: z.object({
    replicas: z.number(),
    template: z.object({
      spec: z.object({
        terminationGracePeriodSeconds: z.number(),
        containers: z.tuple([
          z.object({
            ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
            startupProbe: probe,
            readinessProbe: probe,
            livenessProbe: probe,
            volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
          }),
        ]),
      }),
    }),
  }),
});

test("the manifests for Kubernetes have the types of its API, no field more, and settings that the server takes", async () => {
  const texts = await Promise.all(["kubernetes/pipit.yaml", "kubernetes/backup.yaml"].map(sample));
  const objects = texts.flatMap((text) =>
    parseAllDocuments(text).map((document) => document.toJS() as unknown),
  );
  const kinds = objects.map((object) => manifest.parse(object));
  const program = objects.map((object, index) => {
    const { apiVersion = "", kind = "" } = kinds[index] ?? {};
    const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
    // A literal: the compiler then knows each field that the type does not.
    return `export const object${index}: import("kubernetes-types/${group}").${kind} = ${JSON.stringify(object)};`;
  });
  const project = join(folder, "kubernetes");
  await mkdir(project);
  await symlink(join(repositoryRoot, "node_modules"), join(project, "node_modules"));
  const check = async (lines: readonly string[]) => {
    await writeFile(join(project, "objects.ts"), lines.join("\n"));
    const args = ["--noEmit", "--strict", "--skipLibCheck", "--types", "", "objects.ts"];
    return runCommand("tsc", args, { cwd: project }, AbortSignal.timeout(CHECKED_WITHIN_MS));
  };
  expect(await check(program)).toMatchObject({ code: 0, stdout: "" });
  const misspelt = await check(program.map((line) => line.replace('"minAvailable"', '"minAvailabel"')));
  expect(misspelt.stdout).toMatch(/minAvailabel.* does not exist/);

  const { data } = configMap.parse(objects[0]);
  const { spec } = deployment.parse(objects[1]);
  const { terminationGracePeriodSeconds, containers } = spec.template.spec;
  const [container] = containers;
  const mounted = container.volumeMounts.find(({ name }) => name === "secrets")?.mountPath;
  const files = Object.entries(data).filter(([name]) => name.endsWith("_FILE"));
  expect(files.map(([, path]) => path)).toEqual([`${mounted}/master-key`, `${mounted}/database-password`]);
  for (const [name] of files) await writeFile(join(folder, name), Buffer.alloc(32, 7).toString("base64"));
  const secrets = Object.fromEntries(files.map(([name]) => [name, join(folder, name)]));
  const config = readServerConfig({ argv: [], env: { ...data, ...secrets, PIPIT_HOME: "/var/lib/pipit" } });
  expect(config).toMatchObject({ auth: { registrationOpen: false }, shutdownDelaySeconds: 10 });
  expect(terminationGracePeriodSeconds).toBeGreaterThan(config.shutdownDelaySeconds + 11);
  expect(spec.replicas).toBe(2);
  expect(Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]))).toEqual(
    {
      http: config.http.port,
      grpc: config.grpc.port,
    },
  );
  expect(container.readinessProbe.httpGet).toEqual({ path: "/ready", port: "http" });
});
