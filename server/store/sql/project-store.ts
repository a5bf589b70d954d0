import type { Kysely } from "kysely";
import { PROJECTS_MAX } from "#contract/limits.ts";
import type { Project, ProjectStore } from "#server/domain/projects/ports.ts";
import type { Tables } from "./schema.ts";
import { rowOf, toFlag } from "./stored-values.ts";

/** {@link ProjectStore} on SQL; the chats of a removed one are let go by their foreign key. */
export function createProjectStore(db: Kysely<Tables>): ProjectStore {
  return {
    async list(userId) {
      const rows = await ofUser(db, userId).orderBy("name").orderBy("id").execute();
      return rows.map(toProject);
    },

    async find(userId, id) {
      const row = await ofUser(db, userId).where("id", "=", id).executeTakeFirst();
      return row && toProject(row);
    },

    async create(project) {
      const { count } = await db
        .selectFrom("projects")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("user_id", "=", project.userId)
        .executeTakeFirstOrThrow();
      if (Number(count) >= PROJECTS_MAX) return false;
      await insertProject(db, project);
      return true;
    },

    async update(userId, id, { name, instructions, remembers }, nowMs) {
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
    },

    async remove(userId, id) {
      const { numDeletedRows } = await db
        .deleteFrom("projects")
        .where("id", "=", id)
        .where("user_id", "=", userId)
        .executeTakeFirst();
      return numDeletedRows === 1n;
    },
  };
}

/** Adds a project, unless there is one of its id. */
async function insertProject(db: Kysely<Tables>, project: Project): Promise<void> {
  await db
    .insertInto("projects")
    .values(rowOf(project))
    .onConflict((c) => c.column("id").doNothing())
    .execute();
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
