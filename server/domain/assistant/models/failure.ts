import { isRecord, type JsonRecord } from "./wire/json.ts";
import { saidErrorIn, saidErrorInBody, type SaidError } from "./wire/said-error.ts";

/** What went wrong between us and a model server, read from whatever was thrown. */
export interface Failure {
  /** HTTP status, of the answer or told in its stream; undefined when there was none. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The server's own words, else the error's. */
  readonly text: string;
  /** A page for people came instead of an error of an API: from a proxy, a firewall, or another server. */
  readonly isPage: boolean;
  /** The server's own code and type, or a code of ours (`wire/`); "" for none. */
  readonly code: string;
  readonly type: string;
  /** Node's code of the underlying network error, e.g. "ECONNREFUSED". */
  readonly networkCode: string | undefined;
}

/** Reads an SDK error, a network error or the error of a stream without depending on their classes. */
export function readFailure(reason: unknown): Failure {
  const fields: JsonRecord = isRecord(reason) ? reason : {};
  const body = fields["responseBody"];
  const said = typeof body === "string" ? saidErrorInBody(body) : ownWords(fields, reason);
  const headers = fields["responseHeaders"];
  return {
    status: numberIn(fields["statusCode"]) ?? numberIn(fields["param"]) ?? said.status,
    headers: isRecord(headers) ? (headers as Record<string, string>) : {},
    text: said.message,
    isPage: typeof body === "string" && /^\s*</.test(body),
    code: said.code,
    type: said.type,
    networkCode: networkCodeOf(reason),
  };
}

function ownWords(fields: JsonRecord, reason: unknown): SaidError {
  const said = saidErrorIn({ error: fields }) ?? {
    message: String(fields["message"] ?? reason),
    code: "",
    type: "",
    status: undefined,
  };
  // "fetch failed" alone says nothing; the cause does.
  const cause = fields["cause"];
  const more = cause instanceof Error && !said.message.includes(cause.message) ? `: ${cause.message}` : "";
  return { ...said, message: `${said.message}${more}` };
}

function numberIn(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function networkCodeOf(reason: unknown): string | undefined {
  let current = reason;
  for (let depth = 0; depth < 5 && isRecord(current); depth += 1) {
    const code = current["code"];
    if (typeof code === "string" && /^(E[A-Z]|UND_ERR|CERT|DEPTH|SELF|UNABLE|HPE_)/.test(code)) return code;
    const first = Array.isArray(current["errors"]) ? (current["errors"][0] as unknown) : undefined;
    current = current["cause"] ?? first;
  }
  return undefined;
}
