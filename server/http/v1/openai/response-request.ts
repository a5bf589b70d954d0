import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import type { AskedMessage, Completion } from "#server/domain/assistant/completions.ts";
import { readBody } from "../../kit/parameters.ts";
import { toolChoiceSchema, toolDefinition, toolsOf } from "./client-tools.ts";
import { readMessage } from "./completion-messages.ts";
import { modelName, optionalYesOrNo, passedFields } from "./completion-request.ts";

const flatTool = toolDefinition.extend({
  type: z.literal("function", "must be function: the tools here are functions of the client"),
});
const flatChoice = z
  .union([toolChoiceSchema.options[0], z.object({ type: z.literal("function"), name: z.string().min(1) })])
  .transform((choice) =>
    typeof choice === "string" ? choice : { type: choice.type, function: { name: choice.name } },
  );
const format = z.looseObject({ type: z.string() });
const body = z.looseObject({
  model: modelName,
  input: z.string().or(z.array(z.unknown()).min(1, "must hold at least one item")),
  instructions: z.string("must be text").nullish(),
  stream: optionalYesOrNo,
  tools: z.array(flatTool, "must be a list of tools").nullish(),
  tool_choice: flatChoice.nullish(),
  text: z.looseObject({ format: format.nullish() }, "must be an object").nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish() }, "must be an object").nullish(),
  max_output_tokens: z.int("must be a whole number").nullish(),
  metadata: z.record(z.string(), z.unknown(), "must be an object").nullish(),
});

const functionCall = z.object({
  type: z.literal("function_call"),
  call_id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string(),
});
const functionOutput = z.object({
  type: z.literal("function_call_output"),
  call_id: z.string().min(1),
  output: z.unknown(),
});

/** A response as it was asked for, checked. */
export interface ResponseRequest extends Completion {
  readonly stream: boolean;
  /** What the answer repeats of the question. */
  readonly given: z.infer<typeof body>;
}

/** What would need answers to be kept, and the cure. */
const unkept = {
  previous_response_id: "Responses are not kept here: send what was said before in input.",
  conversation: "There are no conversations here: send what was said before in input.",
  background: "Responses are made while the client waits: leave it out, or use stream.",
} as const;

/** Reads the body of `POST /v1/responses`. Fields that are not known are ignored. Throws INVALID_REQUEST and its field. */
export function readResponseRequest(request: FastifyRequest): ResponseRequest {
  const given = readBody(body, request);
  for (const [field, cure] of Object.entries(unkept)) {
    const value = given[field];
    if (value !== undefined && value !== null && value !== false) {
      throw new PipitError("INVALID_REQUEST", `${field}: ${cure}`, { field });
    }
  }
  const { instructions, input, tools, tool_choice: choice } = given;
  const system: AskedMessage[] =
    typeof instructions === "string" ? [{ role: "system", text: instructions, pictures: [] }] : [];
  const functions = (tools ?? []).map(({ type, ...definition }) => ({ type, function: definition }));
  return {
    model: given.model,
    messages: [...system, ...messagesOf(input)],
    fields: fieldsOf(given),
    clientTools: toolsOf(functions, choice ?? undefined),
    chat: undefined,
    stream: given.stream === true,
    given,
  };
}

/** By the names of chat completions, which model servers have in common. */
function fieldsOf(given: z.infer<typeof body>): Readonly<Record<string, unknown>> {
  const { max_output_tokens: maxTokens, reasoning, text } = given;
  const { effort } = reasoning ?? {};
  const { type = "text", ...wanted } = text?.format ?? {};
  return {
    ...passedFields(given),
    ...(typeof maxTokens === "number" && { max_tokens: maxTokens }),
    ...(typeof effort === "string" && { reasoning_effort: effort }),
    ...(type === "json_schema" && { response_format: { type, json_schema: wanted } }),
    ...(type === "json_object" && { response_format: { type } }),
  };
}

function messagesOf(input: string | readonly unknown[]): readonly AskedMessage[] {
  if (typeof input === "string") return [{ role: "user", text: input, pictures: [] }];
  const messages: AskedMessage[] = [];
  for (const [at, item] of input.entries()) {
    const message = toMessage(item, `input[${at}]`);
    const last = messages.at(-1);
    // Calls that were made at once are one message of the assistant.
    if (last?.calls !== undefined && message?.calls !== undefined) {
      messages[messages.length - 1] = { ...last, calls: [...last.calls, ...message.calls] };
    } else if (message !== undefined) messages.push(message);
  }
  return messages;
}

/** Undefined for reasoning, which the model server did not give and does not want. */
function toMessage(item: unknown, place: string): AskedMessage | undefined {
  const type = typeof item === "object" && item !== null && "type" in item ? item.type : "message";
  if (type === "message") return readMessage(item, place);
  if (type === "reasoning") return undefined;
  const call = functionCall.safeParse(item).data;
  if (call !== undefined) {
    const { call_id: id, name, arguments: args } = call;
    return { role: "assistant", text: "", pictures: [], calls: [{ id, name, input: args }] };
  }
  const result = functionOutput.safeParse(item).data;
  if (result !== undefined) {
    const { output } = result;
    const text = typeof output === "string" ? output : JSON.stringify(output);
    return { role: "tool", text, pictures: [], callId: result.call_id };
  }
  throw new PipitError(
    "INVALID_REQUEST",
    `${place}: must be a message, function_call or function_call_output.`,
    { field: place },
  );
}
