import type { ErrorCode } from "#contract/error-codes.ts";
import { RETRY_WAIT_MAX_MS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { readFailure, type Failure } from "./failure.ts";
import { kindOf, type FailureKind } from "./failure-kind.ts";
import { originOf, type ModelAbilities, type ModelEndpoint } from "./model-endpoint.ts";
import { overflowSizeOf } from "./overflow-size.ts";
import { quotedWords, withoutSecrets } from "./quoted-words.ts";
import { waitMsOf, waitText } from "./retry-after.ts";

/** What is known of the question that failed. */
export interface FailedQuestion {
  readonly endpoint: ModelEndpoint;
  /** Which parts the request had that a server may refuse. */
  readonly sent: ModelAbilities;
  /** Longest silence, for a model that was silent. */
  readonly silenceMs: number;
  /** For `Retry-After` dates (RFC 9110, section 10.2.3). */
  readonly nowMs: number;
}

interface Told extends FailedQuestion {
  readonly failure: Failure;
  readonly server: string;
  /** How long the server wants to be left alone; undefined when it does not say. */
  readonly waitMs: number | undefined;
  /** The server's own words as ` It says: "..."`, or "". */
  readonly says: string;
}

/** Turns a failure of a model server into a PipitError whose message says what to do. */
export function toModelError(reason: unknown, question: FailedQuestion): PipitError {
  if (reason instanceof PipitError) return reason;
  const failure = readFailure(reason);
  const { endpoint, nowMs } = question;
  const words = quotedWords(failure.text, endpoint);
  const waitMs = waitMsOf(failure, nowMs);
  const told = {
    ...question,
    failure,
    waitMs,
    server: serverName(endpoint),
    says: words === "" ? "" : ` It says: "${words}"`,
  };
  const { kind } = kindOf(failure, question.sent);
  const [code, message] = MESSAGES[kind](told);
  const cause = failure.status ?? failure.networkCode ?? "no status";
  return new PipitError(code, message, {
    detail: withoutSecrets(`${originOf(endpoint.baseUrl)}: ${cause}: ${failure.text}`, endpoint.key),
    ...(code === "RATE_LIMITED" && waitMs !== undefined
      ? { retryAfterMs: Math.min(waitMs, RETRY_WAIT_MAX_MS) }
      : {}),
  });
}

/** The model ended without a word. `why` is a sentence, or "". */
export function modelSaidNothing(endpoint: ModelEndpoint, why: string): PipitError {
  return new PipitError(
    "MODEL_FAILED",
    `The model ${endpoint.model} ended without an answer.${why} Ask again, or use another model.`,
  );
}

/** What is told for each cause. Nothing here names an address: any account reads it. */
const MESSAGES: Readonly<Record<FailureKind["kind"], (told: Told) => [ErrorCode, string]>> = {
  silence: ({ server, endpoint, silenceMs }) => [
    "MODEL_TIMEOUT",
    `${server} has said nothing for ${Math.ceil(silenceMs / 1000)} s. It may be overloaded or still loading ${endpoint.model}; try again, or use a smaller model. The operator can let it take longer with PIPIT_MODEL_TIMEOUT.`,
  ],
  unreachable: ({ server, endpoint, failure }) => {
    const cure =
      endpoint.kind === "ollama"
        ? "Start it with `ollama serve`"
        : `The operator must check that it runs and that ${addressOf(endpoint)} is right`;
    return [
      "MODEL_UNREACHABLE",
      `${server} does not answer (${failure.networkCode}). ${cure}; then try again.`,
    ];
  },
  address: ({ server, endpoint }) => [
    "MODEL_UNREACHABLE",
    `${server} cannot be asked: its address cannot be used, or says https for http or the other way round. Check ${addressOf(endpoint)}.`,
  ],
  certificate: ({ server, endpoint }) => [
    "MODEL_UNREACHABLE",
    `${server} has a certificate that is not trusted. The operator of this server must check it, or ${addressOf(endpoint)}.`,
  ],
  redirected: ({ server, endpoint }) => [
    "MODEL_UNREACHABLE",
    `${server} sends us on to another address. The operator must put that address into ${addressOf(endpoint)}.`,
  ],
  "not-an-answer": ({ server, endpoint, says }) => [
    "MODEL_FAILED",
    `${server} answered with something that is no answer.${says} The operator must check that ${addressOf(endpoint)} is the address of an OpenAI-compatible API; it often ends in /v1.`,
  ],
  "broken-off": ({ server }) => [
    "MODEL_FAILED",
    `${server} broke off before the answer was complete. Try again; if it stays, look at that server's log.`,
  ],
  overflow: (told) => ["PROMPT_TOO_LONG", overflowText(told)],
  rate: ({ server, says, waitMs }) => [
    "RATE_LIMITED",
    `${server} gets too many requests just now. Wait ${waitText(waitMs)} and try again.${says}`,
  ],
  quota: (told) => ["RATE_LIMITED", quotaText(told)],
  // One that names a time gives more then.
  spent: (told) => [told.waitMs === undefined ? "MODEL_QUOTA" : "RATE_LIMITED", quotaText(told)],
  // Only when it was asked without what it does not take, and still refuses.
  unsupported: refused,
  key: ({ server, endpoint: { kind }, says }) => [
    "MODEL_KEY_REFUSED",
    `${server} refused the API key. The operator of this server must check ${kind === "saved" ? "the key in the settings, under Model" : "PIPIT_MODEL_KEY"}.${says}`,
  ],
  proxy: ({ server, endpoint, says }) => [
    "MODEL_UNREACHABLE",
    `A proxy on the way to ${lower(server)} asks for a sign-in of its own (status 407). The operator must let this server pass that proxy, or put an address into ${addressOf(endpoint)} that needs none.${says}`,
  ],
  blocked: ({ server, says, failure: { status } }) => [
    "MODEL_UNREACHABLE",
    `A firewall or a rule of the provider keeps this server from ${lower(server)} (status ${status}); it is not about the API key. The operator must ask whoever runs the two whether this server's network and country may use it.${says}`,
  ],
  missing: ({ endpoint, server, says }) => [
    "MODEL_MISSING",
    endpoint.kind === "ollama"
      ? `Ollama is running but has no model "${endpoint.model}": run \`ollama pull ${endpoint.model}\`.`
      : `${server} has no model "${endpoint.model}", or its address is wrong. Check ${endpoint.kind === "saved" ? "the model in the settings" : "PIPIT_MODEL"}, and that ${addressOf(endpoint)} ends in /v1 if that server needs it.${says}`,
  ],
  refused,
  failed: ({ server, says, failure: { status } }) => [
    "MODEL_FAILED",
    `${server} failed${status === undefined ? "" : ` with status ${status}`}.${says} Try again; if it stays, look at that server's log.`,
  ],
};

function refused({ server, says, sent, failure: { status } }: Told): [ErrorCode, string] {
  const how = status === undefined ? "" : ` (status ${status})`;
  const change = sent.images ? "leave its picture out, change it," : "change it,";
  return [
    "MODEL_REFUSED",
    `${server} did not take the message${how}.${says} The same message will not work again: ${change} or use another model.`,
  ];
}

function quotaText({ server, says, waitMs }: Told): string {
  const howLong = waitMs === undefined ? "" : `, for ${waitText(waitMs)}`;
  return `${server} says that its account has used up its quota${howLong}. The operator must check its plan and billing.${says}`;
}

function overflowText({ endpoint, failure }: Told): string {
  const { limit, needed } = overflowSizeOf(failure);
  const numbers =
    limit === undefined
      ? ""
      : needed === undefined
        ? ` (at most ${counted(limit)} tokens)`
        : ` (${counted(needed)} tokens of at most ${counted(limit)})`;
  return `The message is too long for the model ${endpoint.model}${numbers}. Send a shorter one, or use a model that holds more.`;
}

/** Where the operator named the address. */
function addressOf({ kind }: ModelEndpoint): string {
  return kind === "saved" ? "the address in the settings, under Model," : "PIPIT_MODEL_URL";
}

/** Without its address: any account reads these messages, and where the server's own network lies is for admins. */
function serverName({ kind }: ModelEndpoint): string {
  return kind === "ollama" ? "Ollama" : "The model server";
}

function lower(server: string): string {
  return server.replace(/^The /, "the ");
}

function counted(tokens: number): string {
  return tokens.toLocaleString("en-US");
}
