import * as z from "zod/mini";
import type { SentFile } from "#contract/attached-file.ts";
import type { AssistantMessage, Failure, Message, MessagePart, UserMessage } from "#contract/chat-state.ts";
import { errorCodes, isErrorCode } from "#contract/error-codes.ts";
import { memorySchema } from "./memories-client.ts";
import { timeSchema } from "./wire-time.ts";

const text = z.catch(z.string(), "");
const toolState = z.enum(["started", "done", "failed"]);
const partSchema = z.object({
  type: z.string(),
  text: z.optional(z.string()),
  code: z.optional(z.string()),
  call_id: z.optional(z.string()),
  name: z.optional(z.string()),
  state: z.catch(toolState, "done"),
  summary: z.optional(z.string()),
});
const contentSchema = z.union([z.string(), z.object({ content: z.array(partSchema) })]);

/** A file of a question, without its text. */
export const sentFileSchema = z.object({
  name: z.string(),
  media_type: z.string(),
  bytes: z.number(),
  pages: z.nullish(z.number()),
  chars: z.number(),
  cut: z.boolean(),
});

const messageSchema = z.object({
  id: z.pipe(z.union([z.string(), z.number()]), z.transform(String)),
  role: z.string(),
  content: contentSchema,
  turn_id: z.optional(z.string()),
  client_message_id: z.nullish(z.string()),
  parent_turn_id: z.nullish(z.string()),
  siblings: z.optional(z.array(z.string())),
  picture: z.optional(z.object({ width: z.number(), height: z.number(), bytes: z.number() })),
  files: z.optional(z.array(sentFileSchema)),
  status: z.catch(z.enum(["done", "stopped", "failed", "running"]), "done"),
  failure: z.optional(z.object({ code: z.string(), message: z.string() })),
  remembered: z.catch(z.array(memorySchema), []),
  usage: z.optional(z.object({ input_tokens: z.number(), output_tokens: z.number() })),
  created_at: timeSchema,
  step_data: z.catch(z.object({ model: z.catch(z.nullable(z.string()), null), reasoning: text }), {
    model: null,
    reasoning: "",
  }),
});
export const messagesSchema = z.object({ data: z.array(messageSchema), cut: z.catch(z.boolean(), false) });
type WireMessage = z.infer<typeof messageSchema>;

const answerStatuses = { done: "done", running: "done", stopped: "cancelled", failed: "failed" } as const;

/**
 * Questions and answers only; what the model said in several steps is one answer. A question has the id that it was asked
 * with, so that it is the same message before and after the chat is opened again.
 */
export function toMessages(wire: readonly WireMessage[]): readonly Message[] {
  const messages: Message[] = [];
  let replyTo = "";
  for (const item of wire) {
    if (item.role === "user") {
      const question = toQuestion(item);
      replyTo = question.id;
      messages.push(question);
    } else if (item.role === "assistant") {
      const answer = toAnswer(item, replyTo);
      if (answer.parts.length === 0) continue;
      const last = messages.at(-1);
      if (last?.role !== "assistant") messages.push(answer);
      else messages.splice(-1, 1, { ...last, parts: [...last.parts, ...answer.parts] });
    }
  }
  return messages;
}

function toQuestion(item: WireMessage): UserMessage {
  const { turn_id: turnId, siblings = [], picture } = item;
  const index = siblings.indexOf(turnId ?? "");
  const failure = failureOf(item);
  return {
    role: "user",
    id: item.client_message_id ?? turnId ?? item.id,
    ...(turnId !== undefined && { turnId }),
    // Null: it follows none. Absent: a server without branches.
    ...(item.parent_turn_id !== undefined && { parentTurnId: item.parent_turn_id ?? "" }),
    ...(index !== -1 && { branch: { index, count: siblings.length, turnIds: siblings } }),
    text: partsOf(item)
      .map((part) => (part.kind === "text" ? part.text : ""))
      .join(""),
    ...(picture !== undefined && {
      image: { widthPx: picture.width, heightPx: picture.height, sizeBytes: picture.bytes },
    }),
    ...filesOf(item),
    createdAtMs: item.created_at,
    status:
      item.status === "stopped"
        ? { kind: "cancelled" }
        : failure === undefined
          ? { kind: "answered" }
          : { kind: "failed", failure },
  };
}

function filesOf({ files }: WireMessage): Pick<UserMessage, "files"> {
  return files === undefined ? {} : { files: files.map((file) => ({ ...toFile(file), chars: file.chars })) };
}

/** What stands of a file in lists and beside its text. */
export function toFile(file: Omit<z.infer<typeof sentFileSchema>, "chars">): Omit<SentFile, "chars"> {
  const { name, media_type: mediaType, bytes: sizeBytes, pages, cut } = file;
  return { name, mediaType, sizeBytes, cut, ...(typeof pages === "number" && { pages }) };
}

function toAnswer(item: WireMessage, replyTo: string): AssistantMessage {
  const { turn_id: turnId, usage, remembered } = item;
  const { model, reasoning } = item.step_data;
  const failure = failureOf(item);
  return {
    role: "assistant",
    // As in `newAnswer`.
    id: `${replyTo}/answer`,
    ...(turnId !== undefined && { turnId }),
    replyTo,
    parts: [...(reasoning === "" ? [] : [{ kind: "reasoning" as const, text: reasoning }]), ...partsOf(item)],
    status: answerStatuses[item.status],
    ...(failure !== undefined && { failure }),
    ...(usage !== undefined && {
      usage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens },
    }),
    ...(model !== null && { model }),
    ...(remembered.length > 0 && { remembered }),
    replayed: true,
    createdAtMs: item.created_at,
  };
}

function failureOf({ failure }: WireMessage): Failure | undefined {
  if (failure === undefined) return undefined;
  const code = isErrorCode(failure.code) ? failure.code : "INTERNAL";
  return { code, message: failure.message, retryable: errorCodes[code].retry };
}

function partsOf({ content }: WireMessage): readonly MessagePart[] {
  if (typeof content === "string") return content === "" ? [] : [{ kind: "text", text: content }];
  return content.content.flatMap((part): readonly MessagePart[] => {
    const { type, text: said = "", code = "" } = part;
    if (type === "text" || type === "reasoning") return said === "" ? [] : [{ kind: type, text: said }];
    if (type === "notice") return [{ kind: "notice", code, text: said }];
    if (type !== "tool") return [];
    const { call_id: callId = "", name = "", state, summary = "" } = part;
    return [{ kind: "tool", callId, name, state, summary }];
  });
}
