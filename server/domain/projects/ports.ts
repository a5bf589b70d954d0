/** Chats of one matter: what the assistant is to know and do in all of them. */
export interface Project {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  /** What the person wants of each answer in it; "" for none. */
  readonly instructions: string;
  /** Whether its chats know what is remembered of the person, and add to it. */
  readonly remembers: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

interface ProjectChanges {
  readonly name?: string | undefined;
  readonly instructions?: string | undefined;
  readonly remembers?: boolean | undefined;
}

export interface ProjectStore {
  /** By name. */
  list(userId: string): Promise<readonly Project[]>;
  find(userId: string, id: string): Promise<Project | undefined>;
  /** False when there are PROJECTS_MAX. */
  create(project: Project): Promise<boolean>;
  /** Undefined: there is no such project of theirs. */
  update(userId: string, id: string, changes: ProjectChanges, nowMs: number): Promise<Project | undefined>;
  /** Its chats stay, and belong to none. False: there was none. */
  remove(userId: string, id: string): Promise<boolean>;
}
