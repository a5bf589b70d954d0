import * as z from "zod/mini";
import { PROJECT_INSTRUCTIONS_MAX_CHARS, TITLE_MAX_CHARS } from "../limits.ts";
import { command, id, nothing } from "./command.ts";

/** Chats of one matter: what the assistant is to know and do in all of them. */
export interface Project {
  readonly id: string;
  readonly name: string;
  /** What is wanted of each answer in it; "" for none. */
  readonly instructions: string;
  /** Whether its chats know what is remembered of the person, and add to it. */
  readonly memory: boolean;
}

/** The server counts characters, and says what is wrong; these bounds only keep nonsense out. */
const written = {
  name: z.string().check(z.maxLength(8 * TITLE_MAX_CHARS)),
  instructions: z.string().check(z.maxLength(8 * PROJECT_INSTRUCTIONS_MAX_CHARS)),
  memory: z.boolean(),
};

/** The projects of the account. After each, `AppState.projects` names those that there are. */
export const projectCommands = {
  /** By name; while the server is away, those that a page keeps. */
  listProjects: command<readonly Project[]>()(nothing),
  addProject: command<Project>()(z.strictObject(written)),
  changeProject: command<Project>()(z.strictObject({ projectId: id, ...written })),
  /** Its chats stay, and belong to none. */
  deleteProject: command<void>()(z.strictObject({ projectId: id })),
  /** Shows an empty chat, which will be in that project. */
  newChatInProject: command<void>()(z.strictObject({ projectId: id })),
} as const;
