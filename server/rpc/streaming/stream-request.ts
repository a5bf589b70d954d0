import { checkFiles, type AttachedFile } from "#contract/attached-file.ts";
import { type StreamRequest, RequestPhase } from "#proto/streaming_pb.ts";
import { decodeScreenshot } from "#server/domain/assistant/screenshot.ts";
import type { Question } from "#server/domain/assistant/turn-types.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import {
  checkChatKey,
  checkClientMessageId,
  checkHardwareId,
  checkPrompt,
  checkPromptLength,
  checkSessionId,
  readLocale,
  readModel,
} from "../kit/checks.ts";
import { mergeText } from "./merge-text.ts";
import type { BufferKey, PromptBuffers } from "./prompt-buffers.ts";

/** A prompt that is to be spoken as it is: `__GREETING__:<text>` (docs/reference/streaming.md). */
const GREETING_PREFIX = "__GREETING__:";

/** What a StreamRequest asks for. */
export type StreamTask =
  | { readonly kind: "collected" }
  | { readonly kind: "greeting"; readonly text: string; readonly question: Question }
  | { readonly kind: "question"; readonly question: Question };

/**
 * Checks a request, hardware id first as the original does, and joins it with what COLLECT has buffered. Throws the
 * PipitErrors of INVALID_ARGUMENT, each with its field.
 *
 * @param admit called before the buffer is used up: what it refuses may be sent again
 */
export function readStreamRequest(
  request: StreamRequest,
  caller: Caller,
  buffers: PromptBuffers,
  admit: (clientMessageId: string | undefined) => void,
): StreamTask {
  const hardwareId = checkHardwareId(request.hardwareId);
  const sessionId = checkSessionId(request.sessionId);
  const clientMessageId = checkClientMessageId(request.clientMessageId);
  const key: BufferKey = { userId: caller.userId, hardwareId, sessionId: request.sessionId ?? "" };
  if (request.phase === RequestPhase.COLLECT) {
    collect(request, key, buffers);
    return { kind: "collected" };
  }
  // Length before the buffer is used up: what is refused here may be sent again, shorter.
  checkPromptLength(request.prompt);
  const files = filesOf(request);
  admit(clientMessageId);
  const buffered = buffers.take(key, clientMessageId);
  const prompt = checkPrompt(mergeText(buffered?.text ?? "", pieceText(request)));
  const question: Question = {
    prompt,
    clientMessageId,
    chatId: request.chatId === "" ? undefined : request.chatId,
    chatKey: checkChatKey(request.chatKey),
    parentTurnId: request.parentTurnId,
    screenshot: decodeScreenshot(request.screenshot || buffered?.screenshot || ""),
    files,
    speak: request.speak ?? true,
    locale: readLocale(request.locale),
    temporary: request.temporary,
    projectId: request.projectId,
    searchAllChats: request.searchAllChats ?? false,
    model: readModel(request.model),
    hardwareId,
    sessionId,
  };
  // The library keeps the message of a call until its end.
  request.screenshot = "";
  request.files = [];
  if (!prompt.startsWith(GREETING_PREFIX)) return { kind: "question", question };
  return { kind: "greeting", text: checkPrompt(prompt.slice(GREETING_PREFIX.length)).trim(), question };
}

function filesOf({ files }: StreamRequest): readonly AttachedFile[] {
  return checkFiles(
    files.map(({ name, mediaType, sizeBytes, text, pages, cut }) => ({
      name,
      mediaType,
      sizeBytes: Number(sizeBytes),
      text,
      cut,
      ...(pages === undefined ? {} : { pages }),
    })),
  );
}

function collect(request: StreamRequest, key: BufferKey, buffers: PromptBuffers): void {
  const screenshot = request.screenshot ?? "";
  // Now, while the client can still send a better one; the bytes are made again when the prompt is finished.
  decodeScreenshot(screenshot);
  buffers.collect(key, { seq: request.chunkSeq, text: pieceText(request), screenshot });
}

/** A piece comes in chunk_text; a client without that field puts it into prompt. */
function pieceText(request: StreamRequest): string {
  return request.prompt === "" ? (request.chunkText ?? "") : request.prompt;
}
