import { readdir, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Logger } from "#contract/logger.ts";
import { connectRedis } from "../compose/admin-context.ts";
import { backupKind } from "../store/copy/backup-kind.ts";
import { DATABASE_FILE, type DatabaseHandle } from "../store/open-database.ts";
import { restoreProvenAtMs } from "../store/sql/milestone-store.ts";
import { fail, ok, warn, type DoctorContext, type Finding } from "./check.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** As the alert PipitRestoreNotProven. */
const PROVEN_WITHIN_DAYS = 35;
/** One a night, and a night that was missed. */
const BACKUP_WITHIN_HOURS = 50;
const MIB = 1024 * 1024;
/** With less the next pictures or the next night end it. */
const LEAST_BYTES = 64 * MIB;
const COMFORTABLE_BYTES = 1024 * MIB;

/** Redis, and what it was told to do when it is full. */
export async function lookAtRedis({ config, messages }: DoctorContext, logger: Logger): Promise<Finding> {
  const { redisUrl } = config;
  if (redisUrl === undefined) return ok(messages.noRedis);
  await using owner = new AsyncDisposableStack();
  const connection = await connectRedis(redisUrl, logger, owner);
  const place = placeOf(redisUrl);
  if (connection.status() !== "connected") {
    return fail(messages.redisLost(place, connection.reason() ?? "no answer"), messages.redisCure);
  }
  await connection.ping();
  // Hosted ones may not let it be asked.
  const asked = await connection
    .send((client) => client.configGet("maxmemory-policy"))
    .catch(() => undefined);
  const policy = asked?.["maxmemory-policy"] ?? "noeviction";
  return policy === "noeviction" ? ok(place) : warn(messages.redisEvicts(policy), messages.redisEvictsCure);
}

/** Host and port, never the password. */
function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host || new URL(url).pathname : "";
}

/** A volume, and the most that will be written to it in one piece. */
interface Volume {
  readonly place: string;
  readonly free: number;
  readonly bytes: number;
}

/** The room on each volume that the server, or a backup, writes to. */
export async function lookAtDisks({ config, messages, backups }: DoctorContext): Promise<Finding> {
  const { dataDir, memoryDir } = config;
  const database = await sizeOf(join(dataDir, DATABASE_FILE));
  const newest = backups === undefined ? undefined : await newestIn(backups);
  const volumes = await volumesOf([
    // A migration copies the database beside itself.
    [dataDir, database],
    [memoryDir, 0],
    [backups, newest?.bytes ?? database],
  ]);
  const tight = volumes
    .map((volume) => ({ ...volume, needed: Math.max(volume.bytes, COMFORTABLE_BYTES) }))
    .filter(({ free, needed }) => free < needed)
    .toSorted((one, other) => one.free - other.free)[0];
  if (tight === undefined) {
    return ok(messages.disks(volumes.map(({ place, free }) => `${sizeText(free)} (${place})`).join(", ")));
  }
  const said = messages.diskRoom(tight.place, sizeText(tight.needed), sizeText(tight.free));
  return tight.free < LEAST_BYTES ? fail(said, messages.diskCure) : warn(said, messages.diskCure);
}

async function volumesOf(
  wanted: readonly (readonly [folder: string | undefined, bytes: number])[],
): Promise<readonly Volume[]> {
  const volumes = new Map<number, Volume>();
  for (const [folder, bytes] of wanted) {
    if (folder === undefined) continue;
    const place = await existing(folder);
    const { dev } = await stat(place);
    const { bavail, bsize } = await statfs(place);
    const before = volumes.get(dev) ?? { place, bytes };
    volumes.set(dev, { place: before.place, free: bavail * bsize, bytes: Math.max(bytes, before.bytes) });
  }
  return [...volumes.values()];
}

/** The folder, or the one in which it will be made. */
async function existing(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => undefined);
  return there !== undefined || dirname(folder) === folder ? folder : existing(dirname(folder));
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

function sizeText(bytes: number): string {
  return bytes < 1024 * MIB ? `${Math.ceil(bytes / MIB)} MiB` : `${(bytes / MIB / 1024).toFixed(1)} GiB`;
}

/** When a backup was last proven, and, where the folder of them is told, how old the newest one is. */
export async function lookAtBackups(
  { messages, backups, clock }: DoctorContext,
  database: DatabaseHandle | undefined,
): Promise<Finding> {
  const newest = backups === undefined ? undefined : await newestIn(backups);
  if (backups !== undefined && newest === undefined)
    return fail(messages.noBackups(backups), messages.backupsCure);
  const hours = newest === undefined ? undefined : Math.floor((clock.nowMs() - newest.atMs) / HOUR_MS);
  const fresh = hours === undefined ? messages.backupsNotNamed : messages.newestBackup(hours);
  if (hours !== undefined && hours > BACKUP_WITHIN_HOURS) return fail(fresh, messages.backupsCure);
  if (database === undefined) return warn(messages.unknownWithoutDatabase);
  const provenAtMs = await restoreProvenAtMs(database.db);
  if (provenAtMs === 0) return warn(messages.neverProven, messages.provenCure);
  const days = Math.floor((clock.nowMs() - provenAtMs) / DAY_MS);
  const proven = messages.provenAt(days);
  return days > PROVEN_WITHIN_DAYS ? warn(proven, messages.provenCure) : ok(`${proven}; ${fresh}`);
}

/** The newest file there that is a backup; exports and logs may lie beside it. */
async function newestIn(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".tmp"));
  const found = await Promise.all(
    files.map(async ({ name }) => {
      const path = join(folder, name);
      const { mtimeMs: atMs, size: bytes } = await stat(path);
      return { path, atMs, bytes };
    }),
  );
  for (const file of found.toSorted((one, other) => other.atMs - one.atMs))
    if ((await backupKind(file.path)) !== undefined) return file;
  return undefined;
}
