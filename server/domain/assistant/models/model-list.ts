import { PipitError } from "#contract/pipit-error.ts";
import { fetchAgain } from "#server/domain/fetch-again.ts";
import { endpointUrl, type ModelEndpoint } from "./model-endpoint.ts";
import { toModelError } from "./model-errors.ts";
import { readBody } from "./wire/read-body.ts";
import { isRecord, parseJson, textIn, type JsonRecord } from "./wire/json.ts";

/**
 * Names of the chat models that `GET <base>/models` lists. Throws the same PipitErrors as an answer would:
 * MODEL_UNREACHABLE, MODEL_KEY_REFUSED, MODEL_MISSING (no such page) and so on.
 */
export async function listModels(
  endpoint: ModelEndpoint,
  timeoutMs: number,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return chatModelsIn(await askForModels(endpoint, timeoutMs, signal)) ?? [];
  } catch (error) {
    if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.", { cause: error });
    throw toModelError(error, {
      endpoint,
      sent: { images: false, tools: false },
      silenceMs: timeoutMs,
      nowMs: nowMs(),
    });
  }
}

/** The JSON that `GET <base>/models` answers. Throws what a failure is read from (failure.ts). */
export async function askForModels(
  endpoint: ModelEndpoint,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetchAgain(endpointUrl(endpoint.baseUrl, "/models"), {
      signal: AbortSignal.any([signal, timeout]),
      // A key belongs to the server that was named, and to no other.
      redirect: "manual",
      ...(endpoint.key === undefined ? {} : { headers: { authorization: `Bearer ${endpoint.key}` } }),
    });
    const body = await readBody(response);
    if (response.ok) return parseJson(body);
    const responseHeaders = Object.fromEntries(response.headers);
    throw { statusCode: response.status, responseBody: body, responseHeaders, message: response.statusText };
  } catch (error) {
    throw timeout.aborted ? { code: "ETIMEDOUT", message: "timeout" } : error;
  }
}

/** What embeds, hears, speaks, draws, ranks or judges, by the names that providers give. */
const OTHER_NAMES =
  /embed|whisper|transcri|\btts\b|text-to-speech|speech|rerank|moderation|guard|dall-?e|babbage|davinci|3\.5-turbo-instruct|\b(asr|ocr|bark|kokoro|musicgen|lyria|veo|wan2|cogview|hidream|xtts)\b|qwen-image|stable-diffusion|sdxl|flux|imagen|image-gen|gpt-image|\bsora\b|\bclip\b|(^|\/)(bge|gte|e5|minilm|all-minilm|jina-(embeddings|clip|colbert))\b|realtime/i;
const OTHER_TYPES = /embed|rerank|image|audio|speech|moderation|transcri|video/i;

/** True for a name that may be a chat model's. */
export function isChatName(name: string): boolean {
  return !OTHER_NAMES.test(name);
}

/** The chat models in a list: OpenAI's `data`, llama.cpp's and Ollama's `models`, or a bare array. Undefined: it is no list. */
export function chatModelsIn(body: unknown): string[] | undefined {
  const lists = (isRecord(body) ? [body["data"], body["models"]] : [body]).filter((one) =>
    Array.isArray(one),
  );
  const list: readonly unknown[] | undefined = lists.find((one) => one.length > 0) ?? lists[0];
  if (list === undefined) return undefined;
  const names = list.flatMap((model: unknown) => {
    const entry: JsonRecord = isRecord(model) ? model : { id: model };
    // GitHub's ids are addresses of files; it is asked by their names.
    const name = [entry["id"], entry["name"], entry["model"]].find(
      (one) => typeof one === "string" && one !== "" && !one.includes("://"),
    );
    return typeof name === "string" && isChatName(name) && mayChat(entry) ? [name] : [];
  });
  return [...new Set(names)];
}

/** What the entry itself tells: whether it is there, its type, what it says, or what it can. */
function mayChat(entry: JsonRecord): boolean {
  if (entry["active"] === false || !mayWrite(entry["architecture"])) return false;
  const can = entry["capabilities"];
  const types = [
    entry["type"],
    entry["task"],
    entry["model_type"],
    entry["mode"],
    isRecord(can) ? can["type"] : "",
  ];
  if (types.some((type) => OTHER_TYPES.test(textIn(type) ?? ""))) return false;
  if (Array.isArray(can)) return can.length === 0 || !can.includes("embedding") || can.includes("completion");
  return !isRecord(can) || can["completion_chat"] !== false;
}

/** OpenRouter lists what a model gives. */
function mayWrite(architecture: unknown): boolean {
  const gives = isRecord(architecture) ? architecture["output_modalities"] : undefined;
  return !Array.isArray(gives) || gives.includes("text");
}
