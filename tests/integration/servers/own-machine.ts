import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";
import { startService } from "#tools/test/service-process.ts";

/** Everything is copied, and a database cluster made. */
const BOOTED_WITHIN_MS = 120_000;
const ENDED_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;
const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"];
/** As root has it who signs in to a Debian that nobody has set a language for. */
const environment = [
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  "HOME=/root",
  "TERM=dumb",
  // What everybody trusts, which Node has a list of its own for: the test's authority stands for one of those.
  "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt",
];

/** What a person at a terminal is asked, and types. */
export type Typed = readonly [question: string, answer: string];

/** A Debian of its own. Disposing ends all that runs in it, and nothing of it is left. */
export interface OwnMachine extends AsyncDisposable {
  /** Its files, as this machine sees them. */
  readonly files: string;
  /**
   * Runs commands as its root, in one shell; resolves to what they print, and rejects with it, and with the newest of the journal, when one fails.
   *
   * @param typed at a terminal, which the commands have only with it
   */
  run(commands: string, typed?: readonly Typed[]): Promise<string>;
}

/**
 * Has systemd as its first process, and the PostgreSQL, Redis and nginx of Debian as they are after `apt-get install`, on their own
 * ports of a loopback of its own; the network is not there. Its disk is this machine's, as it is, and what is written to it is
 * in memory. The project lies in /opt/pipit-1 and /opt/pipit-2 as in a clone, with the packages of `npm ci`.
 */
const boot = `
set -eu
umask 022
memory=$1 project=$2
mount -t tmpfs -o size=8g,mode=0755 machine "$memory"
cd "$memory"
mkdir upper work root
mount -t overlay -o "lowerdir=/,upperdir=$memory/upper,workdir=$memory/work" machine root
for version in 1 2; do
  folder=root/opt/pipit-$version
  mkdir -p $folder/node_modules upper-$version work-$version
  layers="lowerdir=$project/node_modules,upperdir=$memory/upper-$version,workdir=$memory/work-$version"
  mount -t overlay -o "$layers" packages $folder/node_modules
  (cd "$project" && git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=-) |
    tar --extract --no-same-owner --directory $folder
done
cd root
mount -t tmpfs -o mode=1777 tmp tmp
mount -t tmpfs -o mode=0755 run run
mount -t tmpfs -o mode=0755 databases var/lib/postgresql
mount -t proc proc proc
# The kernel is not its own.
for file in proc/sys proc/sysrq-trigger; do
  [ ! -e $file ] || { mount --bind $file $file && mount -o remount,bind,ro $file; }
done
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=0755 dev dev
for device in null zero full random urandom tty; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir dev/pts dev/shm outside
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for number in 0:stdin 1:stdout 2:stderr; do ln -s /proc/self/fd/\${number%:*} dev/\${number#*:}; done
pivot_root . outside
cd /
umount -l /outside
rmdir /outside
: > /etc/fstab
tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id
echo 127.0.0.1 localhost pipit.example > /etc/hosts
rm -rf /etc/systemd/system/*.wants /etc/postgresql/* /var/lib/redis/*
for unit in tmpfiles-setup tmpfiles-setup-dev udevd udev-trigger firstboot; do
  ln -sf /dev/null /etc/systemd/system/systemd-$unit.service
done
systemd-tmpfiles --create --prefix=/run
chown postgres:postgres /var/lib/postgresql
pg_createcluster "$(ls /usr/lib/postgresql | sort --version-sort | tail -n 1)" main
exec env -i container=pipit PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=sysinit.target
`;

/** Why such a machine cannot be had here; undefined where it can. */
export async function lacksOwnMachine(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "a machine of its own takes root";
  if ((await cgroups()) === undefined) return "no cgroup2 is mounted, which systemd takes";
  const tried = await runCommand(
    "unshare",
    [...namespaces, "--fork", "true"],
    {},
    AbortSignal.timeout(BOOTED_WITHIN_MS),
  );
  return tried.code === 0 ? undefined : `no machine of its own can be had: ${tried.stderr}`;
}

async function cgroups(): Promise<string | undefined> {
  const mounts = await readFile("/proc/mounts", "utf8");
  return /^\S+ (\S+) cgroup2 rw/m.exec(mounts)?.[1];
}

/** Starts one; some ten seconds. */
export async function startOwnMachine(signal: AbortSignal): Promise<OwnMachine> {
  await using made = new AsyncDisposableStack();
  const places = [tmpdir(), (await cgroups()) ?? ""];
  for (const place of places) await removeLeftIn(place);
  const [memory = "", cgroup = ""] = places.map((place) => join(place, `pipit-machine-${process.pid}`));
  for (const folder of [memory, cgroup]) {
    await mkdir(folder, { mode: 0o700 });
    made.defer(() => removeEmpty(folder));
  }
  const enter = 'echo $$ > "$0/cgroup.procs"; exec unshare "$@"';
  const unshared = [
    ...namespaces,
    "--fork",
    "--kill-child",
    "bash",
    "-c",
    boot,
    "boot",
    memory,
    repositoryRoot,
  ];
  const service = made.use(
    startService({
      name: "the machine",
      command: "setpriv",
      // With this process it ends, and with it all that runs in it.
      args: ["--pdeathsig=KILL", "sh", "-c", enter, cgroup, ...unshared],
      env: {},
      stopSignal: "SIGKILL",
    }),
  );
  const first = await service.until(() => systemdOf(service.pid), BOOTED_WITHIN_MS, signal);
  const inside = ["--target", String(first), ...namespaces, "--root", "--wd", "env", "-i", ...environment];
  const up = () => runInside(inside, "systemctl is-active sysinit.target").catch(() => undefined);
  const journal = () => runInside(inside, "journalctl --no-pager --lines 60").catch(String);
  const run: OwnMachine["run"] = (commands, typed) =>
    runInside(inside, commands, typed).catch(async (cause: unknown) => {
      throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n${await journal()}`, {
        cause,
      });
    });
  await service.until(up, BOOTED_WITHIN_MS, signal);
  await run("systemctl start postgresql redis-server nginx");
  const owned = made.move();
  return { files: `/proc/${first}/root`, run, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The process of systemd, once it has taken over from what prepared the machine. */
async function systemdOf(parent: number): Promise<number | undefined> {
  try {
    const [child = ""] = (await readFile(`/proc/${parent}/task/${parent}/children`, "utf8")).split(" ");
    return (await readFile(`/proc/${child}/comm`, "utf8")) === "systemd\n" ? Number(child) : undefined;
  } catch {
    return undefined;
  }
}

async function runInside(
  inside: readonly string[],
  commands: string,
  typed?: readonly Typed[],
): Promise<string> {
  const shell = ["bash", "--norc", "-euo", "pipefail", "-c"];
  const terminal = [
    "script",
    "--quiet",
    "--flush",
    "--return",
    "--command",
    `${shell.join(" ")} "$COMMANDS"`,
    "/dev/null",
  ];
  const args = typed === undefined ? [...shell, commands] : [`COMMANDS=${commands}`, ...terminal];
  const child = spawn("nsenter", [...inside, ...args], { stdio: "pipe" });
  const left = [...(typed ?? [])];
  let output = "";
  let unread = "";
  const hear = (piece: Buffer): void => {
    output += piece.toString("utf8");
    unread += piece.toString("utf8");
    const [question, answer] = left[0] ?? [];
    if (question === undefined || !unread.includes(question)) return;
    child.stdin.write(`${answer}\r`);
    left.shift();
    unread = "";
  };
  child.stdin.on("error", () => undefined);
  if (typed === undefined) child.stdin.end();
  for (const stream of [child.stdout, child.stderr]) stream.on("data", hear);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0 || left.length > 0) throw new Error(`These ended with ${code}:\n${commands}\n${output}`);
  return output;
}

/** Removes what a run has left that was killed. */
async function removeLeftIn(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    const [, owner] = /^pipit-machine-(\d+)$/.exec(name) ?? [];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) await removeEmpty(join(place, name));
  }
}

/** A cgroup is empty a little later than the processes in it were killed. */
async function removeEmpty(folder: string): Promise<void> {
  const signal = AbortSignal.timeout(ENDED_WITHIN_MS);
  const remove = ["-depth", "-type", "d", "-delete"];
  while ((await runCommand("find", [folder, ...remove], {}, signal)).code !== 0) await sleep(LOOK_EVERY_MS);
}
