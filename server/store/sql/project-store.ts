import type { Kysely } from "kysely";
import { PROJECTS_MAX } from "#contract/limits.ts";
import type { Project, ProjectStore } from "#server/domain/projects/ports.ts";
import type { Change } from "#server/domain/sync/ports.ts";
import type { Tables } from "./schema.ts";
import { rowOf, toFlag } from "./stored-values.ts";
import type { SyncLog } from "../sync/sync-log.ts";

/** {@link ProjectStore} on SQL; the chats of a removed one are let go by their foreign key. */
export function createProjectStore(db: Kysely<Tables>, sync: SyncLog): ProjectStore {
  return {
    async list(userId) {
      const rows = await ofUser(db, userId).orderBy("name").orderBy("id").execute();
      return rows.map(toProject);
    },

    async find(userId, id) {
      const row = await ofUser(db, userId).where("id", "=", id).executeTakeFirst();
      return row && toProject(row);
    },

    create: (project) =>
      sync.change(
        db,
        changed(project.userId),
        (trx) => createProject(trx, project),
        (made) => made,
      ),

    update: (userId, id, changes, nowMs) =>
      sync.change(
        db,
        changed(userId),
        (trx) => update(trx, userId, id, changes, nowMs),
        (project) => project !== undefined,
      ),

    remove: (userId, id) =>
      sync.change(
        db,
        changed(userId),
        (trx) => remove(trx, userId, id),
        (removed) => removed,
      ),
  };
}

function changed(userId: string): Change {
  return { userId, kind: "project.changed" };
}

/** Adds a project, unless there is one of its id; false when the account has as many as it may. */
export async function createProject(db: Kysely<Tables>, project: Project): Promise<boolean> {
  const { count } = await db
    .selectFrom("projects")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("user_id", "=", project.userId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= PROJECTS_MAX) return false;
  await db
    .insertInto("projects")
    .values(rowOf(project))
    .onConflict((c) => c.column("id").doNothing())
    .execute();
  return true;
}

async function update(
  db: Kysely<Tables>,
  userId: string,
  id: string,
  { name, instructions, remembers }: Parameters<ProjectStore["update"]>[2],
  nowMs: number,
): Promise<Project | undefined> {
  const row = await db
    .updateTable("projects")
    .set({
      updated_at_ms: nowMs,
      ...(name !== undefined && { name }),
      ...(instructions !== undefined && { instructions }),
      ...(remembers !== undefined && { remembers: toFlag(remembers) }),
    })
    .where("id", "=", id)
    .where("user_id", "=", userId)
    .returningAll()
    .executeTakeFirst();
  return row && toProject(row);
}

async function remove(db: Kysely<Tables>, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("projects")
    .where("id", "=", id)
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Whether the account has this project. */
export async function hasProject(db: Kysely<Tables>, userId: string, id: string): Promise<boolean> {
  return (await projectOf(db, userId, id).executeTakeFirst()) !== undefined;
}

/** The id of a project, if the account has it. */
export function projectOf(db: Kysely<Tables>, userId: string, id: string) {
  return db.selectFrom("projects").select("id").where("id", "=", id).where("user_id", "=", userId);
}

function ofUser(db: Kysely<Tables>, userId: string) {
  return db.selectFrom("projects").selectAll().where("user_id", "=", userId);
}

function toProject(row: Tables["projects"]): Project {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    instructions: row.instructions,
    remembers: row.remembers === 1,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
