import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { MODEL_NAME_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Completion } from "#server/domain/assistant/completions.ts";
import { idField, readBody, yesOrNo } from "../../kit/parameters.ts";
import { toolsOf, toolSchema, toolChoiceSchema } from "./client-tools.ts";
import { readMessages } from "./completion-messages.ts";

/** Fields that go to the model server as they came: what they mean, and which it takes, is its own matter. */
const PASSED_FIELDS = [
  "temperature",
  "top_p",
  "max_tokens",
  "max_completion_tokens",
  "stop",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "logit_bias",
  "response_format",
  "reasoning_effort",
  "verbosity",
  "parallel_tool_calls",
] as const;

export const optionalYesOrNo = yesOrNo.nullish();
export const modelName = z
  .string("must be the name of a model; GET /v1/models lists them")
  .min(1, "must be the name of a model; GET /v1/models lists them")
  .max(MODEL_NAME_MAX_CHARS, `must have at most ${MODEL_NAME_MAX_CHARS} characters`)
  .optional();
const body = z.looseObject({
  model: modelName,
  messages: z.array(z.unknown(), "must be a list of messages").min(1, "must hold at least one message"),
  stream: optionalYesOrNo,
  stream_options: z.object({ include_usage: optionalYesOrNo }, "must be an object").nullish(),
  n: z.literal(1, "must be 1: a question has one answer here. Ask several times for several").nullish(),
  tools: z.array(toolSchema, "must be a list of tools").nullish(),
  tool_choice: toolChoiceSchema.nullish(),
  chat_id: idField("must be the id of a chat").nullish(),
  store: optionalYesOrNo,
  search_all_chats: optionalYesOrNo,
});

/** A chat completion as it was asked for, checked. */
export interface CompletionRequest extends Completion {
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** Reads the body of `POST /v1/chat/completions`. Fields that are not known are ignored. Throws INVALID_REQUEST and its field. */
export function readCompletion(request: FastifyRequest): CompletionRequest {
  const given = readBody(body, request);
  const clientTools = toolsOf(given.tools ?? [], given.tool_choice ?? undefined);
  const kept = typeof given.chat_id === "string" || given.store === true;
  if (kept && clientTools.tools.length > 0) {
    throw new PipitError(
      "INVALID_REQUEST",
      "tools: a chat has the tools of this server. Leave out chat_id and store, or tools.",
      { field: "tools" },
    );
  }
  return {
    model: given.model,
    messages: readMessages(given.messages),
    fields: passedFields(given),
    clientTools,
    chat: kept
      ? { id: given.chat_id ?? undefined, searchAllChats: given.search_all_chats === true }
      : undefined,
    stream: given.stream === true,
    includeUsage: given.stream_options?.include_usage === true,
  };
}

/** Those of {@link PASSED_FIELDS} that were given. */
export function passedFields(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    PASSED_FIELDS.flatMap((name) => {
      const value = given[name];
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}
