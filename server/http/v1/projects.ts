import { randomUUID } from "node:crypto";
import { z } from "zod";
import { PROJECT_INSTRUCTIONS_MAX_CHARS, PROJECTS_MAX } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { owner, reader } from "#server/domain/access/access.ts";
import type { Project } from "#server/domain/projects/ports.ts";
import { checkInstructions } from "#server/domain/projects/project-rules.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { HttpError } from "../kit/http-error.ts";
import { idInPath, noQuery, readBody, readParameters, readQuery, yesOrNo } from "../kit/parameters.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { titleSchema } from "./chats.ts";

const changes = z.object({
  name: titleSchema.optional(),
  instructions: z
    .string(`must be text of at most ${PROJECT_INSTRUCTIONS_MAX_CHARS} characters`)
    .transform(checkInstructions)
    .optional(),
  memory: yesOrNo.optional(),
});
const newProject = changes.extend({ name: titleSchema });

/**
 * `/v1/projects` and `/v1/projects/{id}`: the caller's projects. No key can change one: what is written here speaks in
 * every later answer of its chats.
 */
export function projectsRoutes({ store: { auth }, clock }: HttpContext): readonly CallerRoute[] {
  const { projects } = auth;
  return [
    route("GET", "/v1/projects", reader, async (request, { userId }) => {
      readQuery(noQuery, request);
      return { data: (await projects.list(userId)).map(toProjectBody) };
    }),
    route("POST", "/v1/projects", owner, async (request, { userId }, reply) => {
      const { name, instructions = "", memory: remembers = true } = readBody(newProject, request);
      const nowMs = clock.nowMs();
      const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
      const project = { id: randomUUID(), userId, name, instructions, remembers, ...times };
      if (!(await projects.create(project))) {
        const message = `There are ${PROJECTS_MAX} projects, and no more are kept. Delete some first.`;
        throw new PipitError("INVALID_REQUEST", message, { field: "name" });
      }
      reply.code(201);
      return toProjectBody(project);
    }),
    route("PUT", "/v1/projects/:id", owner, async (request, { userId }) => {
      const { id } = readParameters(idInPath, request.params);
      const { memory: remembers, ...written } = readBody(changes, request);
      const project = await projects.update(userId, id, { ...written, remembers }, clock.nowMs());
      if (project === undefined) throw noProject();
      return toProjectBody(project);
    }),
    route("DELETE", "/v1/projects/:id", owner, async (request, { userId }, reply) => {
      const { id } = readParameters(idInPath, request.params);
      if (!(await projects.remove(userId, id))) throw noProject();
      reply.code(204);
    }),
  ];
}

export function toProjectBody(project: Project): Record<string, unknown> {
  return {
    id: project.id,
    name: project.name,
    instructions: project.instructions,
    memory: project.remembers,
    created_at: new Date(project.createdAtMs).toISOString(),
    updated_at: new Date(project.updatedAtMs).toISOString(),
  };
}

function noProject(): HttpError {
  return new HttpError(404, "There is no such project.");
}
