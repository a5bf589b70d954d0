import type { AppState } from "#contract/app-state.ts";
import type { AuthState } from "#contract/auth-state.ts";
import type { Handlers } from "#contract/commands/command.ts";
import type { projectCommands } from "#contract/commands/projects.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { AppClient } from "./app-ports.ts";
import { accountOf } from "./chat-files.ts";

interface ProjectDeps {
  readonly client: () => Promise<Pick<AppClient, "engine" | "history">>;
  readonly auth: ReadonlyStore<AuthState>;
  readonly show: (patch: Pick<AppState, "projects">) => void;
  /** Aborts when the application ends. */
  readonly signal: AbortSignal;
}

/** What is done with projects. Their names are of the account, and go with it. */
export function createProjectHandlers({
  client,
  auth,
  show,
  signal,
}: ProjectDeps): Handlers<typeof projectCommands> {
  auth.subscribe((now, before) => {
    if (accountOf(now) !== accountOf(before)) show({ projects: undefined });
  });
  const read = async () => {
    const asking = accountOf(auth.getState());
    const projects = await (await client()).history.projects(signal);
    // Another account may have signed in meanwhile.
    if (accountOf(auth.getState()) === asking)
      show({ projects: projects.map(({ id, name }) => ({ id, name })) });
    return projects;
  };
  /** What was done is done, whether or not the names can be read after it. */
  const then = async <T>(work: Promise<T>): Promise<T> => {
    const done = await work;
    await read().catch(() => undefined);
    return done;
  };
  const history = async () => (await client()).history;
  return {
    listProjects: read,
    addProject: async (project) => await then((await history()).addProject(project, signal)),
    changeProject: async ({ projectId: id, ...project }) =>
      await then((await history()).changeProject({ id, ...project }, signal)),
    deleteProject: async ({ projectId }) => await then((await history()).removeProject(projectId, signal)),
    newChatInProject: async ({ projectId }) => (await client()).engine.newChat({ projectId }),
  };
}
