import { createHash } from "node:crypto";
import type { AttachedFile } from "#contract/attached-file.ts";
import type { Turn, TurnStatus } from "#server/domain/chats/ports.ts";
import type { Project } from "#server/domain/projects/ports.ts";
import { uuidV8 } from "#server/domain/uuid-v8.ts";

/** Whose export a file is. */
export type ImportOrigin = "pipit" | "chatgpt" | "claude";

/** A chat of an export, without its turns. All ids are those of the export. */
export interface ImportedChat {
  readonly origin: ImportOrigin;
  readonly id: string;
  readonly title: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly pinned: boolean;
  readonly archived: boolean;
  /** Of an export of ours. */
  readonly project?: ImportedProject | undefined;
  /** The last turn of the path that is shown; absent: the last turn. */
  readonly headTurnId: string | undefined;
}

/** To which a chat belonged; its id is that of the export. */
export type ImportedProject = Omit<Project, "userId">;

/** A turn of an export; it stands behind the one that it follows. */
export interface ImportedTurn extends Pick<
  Turn,
  "id" | "parentTurnId" | "clientMessageId" | "userText" | "parts" | "failure" | "model"
> {
  /** Its number in the chat, where the export knows it. */
  readonly index: number | undefined;
  readonly files: readonly AttachedFile[];
  readonly picture: ImportedPicture | undefined;
  readonly status: Exclude<TurnStatus, "running">;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly createdAtMs: number;
  readonly finishedAtMs: number;
}

/** Some turns of a chat. */
export interface TurnBatch {
  readonly turns: readonly ImportedTurn[];
  /** No more follow. */
  readonly isLast: boolean;
}

interface ImportedPicture {
  readonly width: number;
  readonly height: number;
  /** JPEG in base64. */
  readonly jpeg: string;
}

/** What is stored of a part beside its text. */
const PART_CHARS = 50;

/** About as many characters as are stored of a turn. */
export function charsOf({
  userText,
  parts,
  files,
  picture,
}: Pick<ImportedTurn, "userText" | "parts" | "files"> & Partial<Pick<ImportedTurn, "picture">>): number {
  const said = parts.reduce((sum, part) => sum + PART_CHARS + ("text" in part ? part.text.length : 0), 0);
  const attached = files.reduce((sum, { text }) => sum + text.length, picture?.jpeg.length ?? 0);
  return userText.length + said + attached;
}

/**
 * What became of a chat. `extended`: it was there, and got turns that it had not; `deleted`: it was imported before, and
 * deleted here since.
 */
export interface ImportOutcome {
  readonly kind: "made" | "extended" | "unchanged" | "deleted";
  /** Turns that were added. */
  readonly turns: number;
}

export interface ChatImportStore {
  /**
   * Adds to an account what it has not of a chat. A new chat is there when it is whole; one that is there already grows
   * from question to question. What was changed in the chat since an earlier import stays: its name, its marks, what was
   * deleted of it, and the path that is shown, unless that ends where the export goes on.
   *
   * @param batches read once, each when it is needed
   * @param again also a chat that was deleted here, as a new one
   */
  importChat(
    userId: string,
    chat: ImportedChat,
    batches: AsyncIterable<TurnBatch>,
    again: boolean,
  ): Promise<ImportOutcome>;
  /** The search index is to know what was imported. */
  importsEnded(): void;
}

/** Marks turns of an export, and those that were copied from another chat: nothing of them counts as used. */
export const COPIED_OWNER = "imported";

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/**
 * The ids that a chat of an export may have here, in the order in which they are to be tried: those of the account's own
 * chats are found again. A chat of ours keeps its id where that is free; all others follow from it and the account, so
 * that every import of it comes to the same.
 */
export function* chatIdsFor(userId: string, { origin, id }: ImportedChat): Generator<string> {
  if (origin === "pipit" && UUID.test(id)) yield id;
  for (let time = 1; ; time += 1) yield idFrom("chat", userId, origin, id, String(time));
}

/** The ids that the project of such a chat may have here, its own first. */
export function projectIdsFor(userId: string, { id }: ImportedProject): readonly string[] {
  return [...(UUID.test(id) ? [id] : []), idFrom("project", userId, id)];
}

/** The id of a turn of an export in the chat `chatId`: its own in a chat that kept its own, where that is free. */
export function turnIdFor(chatId: string, chat: ImportedChat, turnId: string, isTaken = false): string {
  if (chatId === chat.id && !isTaken && UUID.test(turnId)) return turnId;
  return idFrom("turn", chatId, turnId);
}

function idFrom(...parts: readonly string[]): string {
  return uuidV8(createHash("sha256").update(JSON.stringify(parts)).digest());
}
