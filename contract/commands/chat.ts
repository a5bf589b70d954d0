import * as z from "zod/mini";
import type { AttachedFile } from "../attached-file.ts";
import type { ChatPage, HistoryHit } from "../chat-history.ts";
import {
  FILE_TEXT_MAX_CHARS,
  MODEL_NAME_MAX_CHARS,
  SCREENSHOT_MAX_BYTES,
  TITLE_MAX_CHARS,
} from "../limits.ts";
import type { ScreenImage } from "../screen-image.ts";
import { command, id, nothing, text } from "./command.ts";

const SIDE_MAX_PX = 32_768;

export const image = z.strictObject({
  bytes: z.instanceof(Uint8Array).check(z.refine((bytes) => bytes.byteLength <= SCREENSHOT_MAX_BYTES)),
  widthPx: z.int().check(z.positive(), z.maximum(SIDE_MAX_PX)),
  heightPx: z.int().check(z.positive(), z.maximum(SIDE_MAX_PX)),
});

/** Bounds only keep nonsense out; `checkFiles` says what is wrong. */
const file = z.strictObject({
  name: z.string().check(z.maxLength(FILE_TEXT_MAX_CHARS)),
  mediaType: z.string().check(z.maxLength(200)),
  sizeBytes: z.int(),
  pages: z.exactOptional(z.int()),
  text: z.string().check(z.maxLength(FILE_TEXT_MAX_CHARS)),
  cut: z.boolean(),
});

/** What a composer holds and a message is made of. */
export const composed = z.strictObject({
  text,
  image: z.exactOptional(image),
  files: z.exactOptional(z.array(file).check(z.maxLength(100))),
});

/** Questions, answers and stored chats; what each does: `ChatEngine` and `HistoryClient`. */
export const chatCommands = {
  /** Resolves to the message's id once it is safe in the outbox; only then may a composer clear itself. */
  send: command<string>()(composed),
  cancel: command<void>()(nothing),
  regenerate: command<string>()(z.strictObject({ messageId: id })),
  editAndResend: command<string>()(z.strictObject({ messageId: id, text })),
  retry: command<void>()(z.strictObject({ messageId: id })),
  discard: command<void>()(z.strictObject({ messageId: id })),
  /** All messages of the account that wait, for good. */
  discardWaiting: command<void>()(nothing),
  /** Sets a waiting message aside, so that the next one goes. */
  park: command<void>()(z.strictObject({ messageId: id })),
  /** True: `undoDelete` can bring it back, for 10 s. */
  deleteMessage: command<boolean>()(z.strictObject({ messageId: id })),
  undoDelete: command<void>()(nothing),
  /** Another one of the questions that stand at this place; `index` is from 0. */
  switchBranch: command<void>()(z.strictObject({ messageId: id, index: z.int().check(z.nonnegative()) })),
  /** The picture of a message: of this run, of the queue, or as the server keeps it. */
  messageImage: command<ScreenImage | undefined>()(z.strictObject({ messageId: id })),
  /** The files of a message with their texts, from the same places. */
  messageFiles: command<readonly AttachedFile[] | undefined>()(z.strictObject({ messageId: id })),
  /** What the model was told of the turns before this one of the shown chat. */
  earlierSummary: command<string>()(z.strictObject({ turnId: id })),
  stopSpeaking: command<void>()(nothing),
  newChat: command<void>()(nothing),
  /** A chat that is in no list and no search, and is gone a day after its last message. */
  newTemporaryChat: command<void>()(nothing),
  /**
   * With `turnId` the part of the chat around that turn, on the branch that it is on. The last call counts. Rejects with
   * TURN_NOT_FOUND when the chat is shown, and that turn was deleted.
   */
  openChat: command<void>()(z.strictObject({ chatId: id, turnId: z.exactOptional(id) })),
  /** Copies the shown chat up to an answer into a new one; resolves to its id. */
  forkChat: command<string>()(z.strictObject({ messageId: id })),
  /** `cursor` is `next` of the page before. */
  listChats: command<ChatPage>()(
    z.strictObject({
      archived: z.boolean(),
      projectId: z.exactOptional(id),
      cursor: z.exactOptional(z.string().check(z.maxLength(1_000))),
    }),
  ),
  /** Renames, pins, archives, marks as unread, moves into a project or (null) out of it. Rejects with CHAT_NOT_FOUND for a chat that was deleted, or is another account's. */
  changeChat: command<void>()(
    z.strictObject({
      chatId: id,
      title: z.exactOptional(z.string().check(z.minLength(1), z.maxLength(TITLE_MAX_CHARS))),
      pinned: z.exactOptional(z.boolean()),
      archived: z.exactOptional(z.boolean()),
      unread: z.exactOptional(z.boolean()),
      projectId: z.exactOptional(z.nullable(id)),
    }),
  ),
  /** Stops what is being answered in it; a shown one makes room for an empty chat. */
  deleteChat: command<void>()(z.strictObject({ chatId: id })),
  /** Undoes `deleteChat` for 10 s; later it rejects with CHAT_NOT_FOUND. */
  restoreChat: command<void>()(z.strictObject({ chatId: id })),
  /** Names of the models that may be asked, the one that answers first. */
  listModels: command<readonly string[]>()(nothing),
  /** For the chat that is shown, and for new ones. */
  chooseModel: command<void>()(
    z.strictObject({ model: z.string().check(z.minLength(1), z.maxLength(MODEL_NAME_MAX_CHARS)) }),
  ),
  searchChats: command<readonly HistoryHit[]>()(
    z.strictObject({ query: z.string().check(z.minLength(1), z.maxLength(1_000)) }),
  ),
} as const;
