/** Longest prompt, in UTF-16 code units (256 Ki). Checked by client and server. */
export const PROMPT_MAX_CHARS = 262_144;
/** Largest decoded screenshot (8 MiB), docs/reference/streaming.md. */
export const SCREENSHOT_MAX_BYTES = 8 * 1024 * 1024;
/** Longest side of an image when a model sees it, in pixels. */
export const IMAGE_MAX_SIDE_PX = 1568;
/** Longest answer, in UTF-16 code units (8 Mi): a model that loops would fill memory and disk. */
export const ANSWER_MAX_CHARS = 8_388_608;
/** Most files of one message. */
export const FILES_MAX = 10;
/** Longest text of one file, in UTF-16 code units: some 60 pages. What is longer is cut there. */
export const FILE_TEXT_MAX_CHARS = 200_000;
/** Longest texts of the files of a message together, in UTF-16 code units. */
export const FILES_TEXT_MAX_CHARS = 500_000;
/** Longest name of a file, in UTF-16 code units. */
export const FILE_NAME_MAX_CHARS = 120;
/** Largest gRPC message accepted (16 MiB): an 8 MiB image in base64, the longest prompt and files, and room. */
export const MESSAGE_MAX_BYTES = 16 * 1024 * 1024;
/** Longest name of a model, in UTF-16 code units. */
export const MODEL_NAME_MAX_CHARS = 256;
/** Longest title of a chat, in UTF-16 code units. */
/** Longest id: of ours they are UUIDs, of imported chats what the other program had. */
export const ID_MAX_CHARS = 128;
export const TITLE_MAX_CHARS = 1_000;
/** Longest memory, in characters (code points). */
export const MEMORY_MAX_CHARS = 300;
/** Longest instructions of a project, in characters (code points). */
export const PROJECT_INSTRUCTIONS_MAX_CHARS = 4_000;
/** Most projects of one account. */
export const PROJECTS_MAX = 100;
/** Longest message in a room, in UTF-16 code units. */
export const ROOM_MESSAGE_MAX_CHARS = 16_384;
/** Longest name of a room, in characters (code points). */
export const ROOM_NAME_MAX_CHARS = 100;
/** Most members of a room, with those who are invited. */
export const ROOM_MEMBERS_MAX = 5_000;
/** Messages a client keeps in memory per chat. */
export const HISTORY_MAX_MESSAGES = 200;
/** What is deleted can be restored this long. */
export const RESTORE_MS = 10_000;
/**
 * No message waits longer for its next try, whatever a server asks for: quotas are raised and models come back long before
 * what was foretold, a timer stands still while the machine sleeps, and four questions an hour harm no server.
 */
export const RETRY_WAIT_MAX_MS = 15 * 60_000;
