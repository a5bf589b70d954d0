import { isRecord, parseJson, textIn, type JsonRecord } from "./json.ts";

/** An error in a model server's own words. */
export interface SaidError {
  readonly message: string;
  /** Its code and type as it names them, e.g. "context_length_exceeded" or "429"; "" for none. */
  readonly code: string;
  readonly type: string;
  /** HTTP status, where the server tells one beside its words. */
  readonly status: number | undefined;
}

/**
 * The error that a value of JSON tells, in one of the shapes of model servers; undefined when it tells none.
 *
 * @param failed it is known to be an error (from its status, or from the event's name): a bare `message` counts too
 */
export function saidErrorIn(value: unknown, failed = false): SaidError | undefined {
  if (Array.isArray(value)) return saidErrorIn(value[0], failed);
  if (!isRecord(value)) return failed ? wordsOf(value) : undefined;
  const said = value["error"] ?? firstOf(value["errors"]);
  if (isRecord(said)) return fromRecord(said, value);
  const words = wordsOf(said);
  if (words !== undefined) return { ...fromFields(value), message: words.message };
  return failed || isBareError(value) ? bareError(value) : undefined;
}

/** An error without the field `error`: vLLM names its kind, others put a status beside their words. */
function isBareError(value: JsonRecord): boolean {
  if (value["object"] === "error" || value["type"] === "error") return true;
  return value["choices"] === undefined && value["usage"] === undefined && statusIn(value) !== undefined;
}

function bareError(value: JsonRecord): SaidError | undefined {
  const message = textIn(value["message"]) ?? detailIn(value["detail"]) ?? textIn(value["title"]);
  return message === undefined ? undefined : { ...fromFields(value), message };
}

/** The error in the body of an answer that failed: JSON of any shape, a page of HTML, or plain words. */
export function saidErrorInBody(body: string): SaidError {
  return (
    saidErrorIn(parseJson(body), true) ?? { message: plainWords(body), code: "", type: "", status: undefined }
  );
}

/** What a person can read of a page: its title, else its text. */
export function plainWords(body: string): string {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(body)?.[1];
  const text = title ?? (/^\s*</.test(body) ? body.replace(/<[^>]*>/g, " ") : body);
  return text.replace(/\s+/g, " ").trim();
}

function fromRecord(error: JsonRecord, outer: JsonRecord): SaidError | undefined {
  const inner = isRecord(error["error"]) ? saidErrorIn(error) : undefined;
  if (inner !== undefined) return inner;
  const fields = fromFields(error, outer);
  const message = detailIn(error["message"]) ?? detailIn(error["detail"]) ?? rawIn(error);
  if (message !== undefined) return { ...fields, message: withUpstream(message, error) + sizeIn(error) };
  const says = fields.code !== "" || fields.type !== "";
  if (says) return { ...fields, message: fields.type === "" ? fields.code : fields.type };
  return Object.keys(error).length === 0 ? undefined : { ...fields, message: JSON.stringify(error) };
}

/** OpenRouter says "Provider returned error"; what the provider said stands beside it. */
function withUpstream(message: string, error: JsonRecord): string {
  const raw = rawIn(error);
  if (raw === undefined) return message;
  const upstream = saidErrorInBody(raw).message;
  return upstream === "" || message.includes(upstream) ? message : `${message}: ${upstream}`;
}

/** llama.cpp tells the numbers of an overflow beside its words. */
function sizeIn(error: JsonRecord): string {
  const { n_prompt_tokens: needed, n_ctx: limit } = error;
  return typeof needed === "number" && typeof limit === "number"
    ? ` (context size ${limit} tokens, requested ${needed})`
    : "";
}

function rawIn(error: JsonRecord): string | undefined {
  return isRecord(error["metadata"]) ? textIn(error["metadata"]["raw"]) : undefined;
}

function fromFields(error: JsonRecord, outer: JsonRecord = error): Omit<SaidError, "message"> {
  return {
    code: codeIn(error["code"]),
    type: textIn(error["type"]) ?? textIn(error["error_type"]) ?? "",
    status: statusIn(error) ?? statusIn(outer),
  };
}

/** Some servers say "no error" as 0 or 200. */
function codeIn(value: unknown): string {
  const code = textIn(value) ?? "";
  return code === "0" || code === "200" ? "" : code;
}

/** The status of HTTP, which servers put under several names. */
function statusIn(error: JsonRecord): number | undefined {
  for (const name of ["code", "status", "status_code", "statusCode"]) {
    const value = Number(error[name]);
    if (Number.isInteger(value) && value >= 400 && value < 600) return value;
  }
  return undefined;
}

/** FastAPI tells a text, or a list of what is wrong with which field. */
function detailIn(detail: unknown): string | undefined {
  if (isRecord(detail)) return textIn(detail["message"]) ?? JSON.stringify(detail);
  if (!Array.isArray(detail)) return textIn(detail);
  const parts = detail.flatMap((one) => (isRecord(one) ? wrongFieldIn(one) : (textIn(one) ?? [])));
  return parts.length === 0 ? undefined : parts.join("; ");
}

function wrongFieldIn({ loc, msg }: JsonRecord): string[] {
  const message = textIn(msg);
  if (message === undefined) return [];
  const field = Array.isArray(loc) ? loc.filter((part) => part !== "body").join(".") : "";
  return [field === "" ? message : `${field}: ${message}`];
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

function wordsOf(value: unknown): SaidError | undefined {
  const message = typeof value === "string" ? value.trim() : "";
  return message === "" ? undefined : { message, code: "", type: "", status: undefined };
}
