import * as z from "zod/mini";
import type { Project } from "#contract/commands/projects.ts";
import type { HttpClient } from "#engine/ports.ts";
import { createJsonApi } from "#engine/wire/json-api.ts";

const projectSchema = z.object({
  id: z.string(),
  name: z.string(),
  instructions: z.string(),
  memory: z.boolean(),
});
const projectsSchema = z.object({ data: z.array(projectSchema) });
const ROOT = "/v1/projects";

/** The projects of the signed-in account (`/v1/projects`). All methods throw PipitError. */
export function createProjectsClient(http: HttpClient) {
  const { ask, change } = createJsonApi(http);
  return {
    /** By name. */
    projects: async (signal: AbortSignal): Promise<readonly Project[]> =>
      (await ask({ method: "GET", path: ROOT }, projectsSchema, signal)).data,
    addProject: (project: Omit<Project, "id">, signal: AbortSignal): Promise<Project> =>
      ask({ method: "POST", path: ROOT, body: JSON.stringify(project) }, projectSchema, signal),
    changeProject: ({ id, ...changes }: Project, signal: AbortSignal): Promise<Project> =>
      ask({ method: "PUT", path: projectPath(id), body: JSON.stringify(changes) }, projectSchema, signal),
    /** Its chats stay, and belong to none. */
    async removeProject(id: string, signal: AbortSignal): Promise<void> {
      await change({ method: "DELETE", path: projectPath(id) }, signal);
    },
  };
}

function projectPath(id: string): string {
  return `${ROOT}/${encodeURIComponent(id)}`;
}
