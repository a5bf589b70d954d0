import type { Failure } from "./failure.ts";
import type { ModelAbilities } from "./model-endpoint.ts";
import { CUT_OFF, NOT_AN_ANSWER } from "./wire/answer-normaliser.ts";
import { SILENCE } from "./wire/exchange.ts";

/** What of a request a model server did not take. */
export interface Refusal {
  readonly kind: "unsupported";
  readonly ability: keyof ModelAbilities;
  /** The server takes none at all. False when it may be about this picture or this call: the next question is asked with them. */
  readonly lasting: boolean;
}

/** The one cause by which a failure is met. */
export type FailureKind =
  | { readonly kind: (typeof CONNECTION_KINDS)[number] }
  /** More tokens than the model, or the plan, takes in one request. */
  | { readonly kind: "overflow" }
  /** Too much over time; `spent`: waiting brings nothing back, the account must get money or a higher limit. */
  | { readonly kind: "rate" | "quota" | "spent" }
  | Refusal
  | { readonly kind: "key" | "missing" }
  /** Something in between does not let us through: a proxy that asks for a sign-in, a firewall, a border. */
  | { readonly kind: "proxy" | "blocked" }
  /** This request will never be taken. */
  | { readonly kind: "refused" }
  /** The server failed; the same request may work. */
  | { readonly kind: "failed" };

const CONNECTION_KINDS = [
  "silence",
  "unreachable",
  "address",
  "certificate",
  "redirected",
  "not-an-answer",
  "broken-off",
] as const;

const OWN_CODES: ReadonlyMap<string, (typeof CONNECTION_KINDS)[number]> = new Map([
  [SILENCE, "silence"],
  [NOT_AN_ANSWER, "not-an-answer"],
  [CUT_OFF, "broken-off"],
]);
const NO_CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "EADDRNOTAVAIL",
]);

const OVERFLOW_CODES =
  /context_(length|window)_exceeded|exceed_context_size|string_above_max_length|request_too_large|prompt_too_long/i;
const OVERFLOW_WORDS =
  /context.{0,24}(length|window|size|limit)|max_tokens must be at least 1, got -|maximum.{0,30}tokens|maximum prompt length|tokens?`? must be <=|(prompt|input|message|messages|request|conversation|text) (is|are|was) too (long|large)|request too large|too many (input )?tokens|reduce (the|your) (length|message|prompt|input)|exceed\w* (model token limit|max length|(the )?maximum (input|allowed))|range of input length|max input (characters|tokens|length)|sequence length.{0,20}exceed|(number of )?messages or tokens|context the overflows|tokens to keep|(超过|超出|超长|过长).{0,12}(长度|上下文|限制|token)|(输入|上下文|内容|prompt).{0,6}(超长|过长|超过|超出)/i;
/** A limit over time, unless the one request alone goes beyond it. */
const RATE_WORDS = /per min|per day|per hour|\b[TR]P[MD]\b|rate.?limit|too many requests|rate_limit/i;
const TOO_LARGE_WORDS = /request too large|must be reduced|reduce your message/i;
const QUOTA_WORDS = /quota|billing|credit|insufficient (balance|funds)|payment required/i;
/** The same with any status: there are servers that answer 400 or 403. */
const PLAIN_QUOTA_WORDS =
  /(credit balance|balance|credits?) (is |are )?(too low|not enough|insufficient|exhausted)|(insufficient|not.enough).(balance|funds|credits?|quota)|exceeded.{0,20}quota|key limit exceeded|billing.(hard.limit|to be enabled)|payment required/i;

const TOOL_WORDS = /\btools?\b|\btool_|function.?call/i;
const PLAIN_TOOL_WORDS =
  /(not|n't) support\w*\s+(for\s+|the\s+use\s+of\s+)?(tool|function)|no endpoints found that support tool|(tool|function)\S*(\s\S+)?\s+(is|are)?\s*not\s+support|不支持.{0,8}(工具|函数|tool|function)|tools param requires|enable-auto-tool-choice/i;
/** Of chat templates, Gemma's for one. */
const SYSTEM_WORDS =
  /system (role|message|prompt)s?( is| are)? not (supported|allowed)|(not|n't) support\w* (the )?system/i;
const IMAGE_WORDS =
  /image|vision|multi.?modal|picture|mmproj|content.{0,12}(type|part|must be a string)|(expected a|should be a valid) string/i;
const PLAIN_IMAGE_WORDS =
  /(image|vision|multi.?modal).{0,30}not\s+support|(not|n't) support\w*\s+(for\s+)?(image|vision|multi.?modal)|missing data required for image input|unsupported content(\[\]\.| part )type|only supported by vision|endpoints found that support image|mmproj|不支持.{0,8}(图片|图像|视觉|多模态)|not a (multimodal|vision) model/i;
const THIS_PICTURE_WORDS =
  /too (large|big|many)|exceed|decode|corrupt|base64|dimension|invalid image|flagged|policy|safety/i;
/** Statuses by which servers refuse a part of a request in loose words. */
const REFUSING_STATUSES = new Set([400, 415, 422]);
/** Gateways and llama.cpp answer 404, 500 or 501 for the same; there the words must be unmistakable. */
const OTHER_STATUSES = new Set([404, 500, 501]);

const KEY_WORDS =
  /(invalid|incorrect|missing|no|not valid).{0,20}api.?key|api.?key.{0,20}(invalid|not valid|missing|incorrect|required)/i;
const PLACE_WORDS =
  /(country|region|location|territory).{0,40}not (supported|available|allowed)|unsupported_country/i;
/** Of a web server that was asked over http on its port for https, or the other way round. */
const SCHEME_WORDS = /HTTP request.{0,12}to (an |the )?HTTPS (port|server)/i;
/** Before a certificate's words, since OpenSSL says SSL in both. */
const ADDRESS_WORDS =
  /invalid url|includes credentials|protocol .* not supported|wrong.version.number|packet.length.too.long|\bEPROTO\b/i;
const FLAGGED_WORDS = /moderation|flagged|content.?(filter|policy|management)|safety|responsible.?ai/i;
const MISSING_WORDS =
  /model_not_found|model_decommissioned|(model|deployment)\b.{0,80}(not found|does ?n.t exist|does not exist|decommissioned|not loaded|no longer)|no model.{0,20}loaded|try pulling/i;
const BAD_REQUEST_TYPES = /invalid_request|bad.?request|validation|content_filter|unprocessable/i;
/** A model that is down for now, in NVIDIA's words and others'. */
const DOWN_WORDS = /DEGRADED function|overloaded/;
/** 4xx that say nothing about the request itself (RFC 9110, section 15.5); 424 of TGI, 498 of Groq and 499 of nginx too. */
const PASSING_STATUSES = new Set([408, 409, 423, 424, 425, 498, 499]);

/**
 * The cause of a failure, from the server's words first and its status second, since gateways give the status of one
 * server to the words of another. The order is the rule: overflow, rate, not supported, access, other 4xx, 5xx.
 *
 * @param sent which parts the request had that a server may refuse
 */
export function kindOf(failure: Failure, sent: ModelAbilities): FailureKind {
  return (
    connectionKind(failure) ??
    overflowKind(failure, sent) ??
    rateKind(failure) ??
    unsupportedKind(failure, sent) ??
    accessKind(failure) ??
    remainingKind(failure)
  );
}

function connectionKind({ status, code, networkCode, text }: Failure): FailureKind | undefined {
  const own = OWN_CODES.get(code);
  if (own !== undefined) return { kind: own };
  if (status !== undefined) return status >= 300 && status < 400 ? { kind: "redirected" } : undefined;
  if (networkCode !== undefined && NO_CONNECTION_CODES.has(networkCode)) return { kind: "unreachable" };
  const told = `${text} ${networkCode ?? ""}`;
  if (ADDRESS_WORDS.test(told)) return { kind: "address" };
  if (/certificate|self.signed|\bTLS\b|\bSSL\b/i.test(told)) return { kind: "certificate" };
  return networkCode === undefined ? undefined : { kind: "broken-off" };
}

function overflowKind(failure: Failure, sent: ModelAbilities): FailureKind | undefined {
  const { status, text, code, type } = failure;
  if (OVERFLOW_CODES.test(`${code} ${type}`)) return { kind: "overflow" };
  const overTime = RATE_WORDS.test(text) && !TOO_LARGE_WORDS.test(text);
  if (OVERFLOW_WORDS.test(text) && !overTime && !isAboutPicture(failure, sent)) return { kind: "overflow" };
  if (status !== 413) return undefined;
  // A proxy's limit of bytes: with a picture it is the picture.
  return sent.images ? { kind: "unsupported", ability: "images", lasting: false } : { kind: "overflow" };
}

function isAboutPicture({ text }: Failure, sent: ModelAbilities): boolean {
  return sent.images && /image|picture/i.test(text) && THIS_PICTURE_WORDS.test(text);
}

function rateKind({ status, text, code, type }: Failure): FailureKind | undefined {
  const told = `${text} ${code} ${type}`;
  const limited =
    status === 429 ||
    status === 402 ||
    /rate_?limit|too_many_requests|insufficient_quota|throttl/i.test(`${code} ${type}`);
  const spent = status === 402 || (isClients(status) && PLAIN_QUOTA_WORDS.test(told));
  if (spent) return { kind: RATE_WORDS.test(text) ? "quota" : "spent" };
  if (!limited && !(status === undefined && RATE_WORDS.test(text))) return undefined;
  return { kind: QUOTA_WORDS.test(told) ? "quota" : "rate" };
}

function unsupportedKind(failure: Failure, sent: ModelAbilities): Refusal | undefined {
  const { status, text, code } = failure;
  const loose = status !== undefined && REFUSING_STATUSES.has(status);
  if (!loose && status !== undefined && !OTHER_STATUSES.has(status)) return undefined;
  if (sent.system === true && SYSTEM_WORDS.test(text)) {
    return { kind: "unsupported", ability: "system", lasting: true };
  }
  const refuses = (plain: RegExp, other: RegExp): boolean => plain.test(text) || (loose && other.test(text));
  if (sent.tools && (code === "tool_use_failed" || refuses(PLAIN_TOOL_WORDS, TOOL_WORDS))) {
    return { kind: "unsupported", ability: "tools", lasting: PLAIN_TOOL_WORDS.test(text) };
  }
  return sent.images && refuses(PLAIN_IMAGE_WORDS, IMAGE_WORDS)
    ? { kind: "unsupported", ability: "images", lasting: !THIS_PICTURE_WORDS.test(text) }
    : undefined;
}

function accessKind(failure: Failure): FailureKind | undefined {
  const { status, text, code, type } = failure;
  const told = `${text} ${code} ${type}`;
  if (status === 407) return { kind: "proxy" };
  if (status === 403 || status === 451) return { kind: forbiddenKind(failure, told) };
  if (status === 401 || (isClients(status) && KEY_WORDS.test(told))) return { kind: "key" };
  if (status === 404 || (isClients(status) && MISSING_WORDS.test(told))) return { kind: "missing" };
  return SCHEME_WORDS.test(told) ? { kind: "address" } : undefined;
}

function forbiddenKind({ status, isPage }: Failure, told: string): "refused" | "blocked" | "missing" | "key" {
  if (FLAGGED_WORDS.test(told)) return "refused";
  if (status === 451 || isPage || PLACE_WORDS.test(told)) return "blocked";
  return MISSING_WORDS.test(told) ? "missing" : "key";
}

function isClients(status: number | undefined): boolean {
  return status === undefined || (status >= 400 && status < 500);
}

function remainingKind({ status, text, code, type, isPage }: Failure): FailureKind {
  if (DOWN_WORDS.test(text)) return { kind: "failed" };
  if (status === undefined) {
    return { kind: BAD_REQUEST_TYPES.test(`${code} ${type}`) ? "refused" : "failed" };
  }
  if (status >= 500 || PASSING_STATUSES.has(status)) return { kind: "failed" };
  return { kind: isPage || status === 405 ? "not-an-answer" : "refused" };
}
