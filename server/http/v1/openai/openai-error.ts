import { isUnknownModel } from "#server/domain/assistant/models/model-outages.ts";
import type { ErrorAnswer } from "../../kit/http-error.ts";

/** Routes whose clients read errors as OpenAI's API has them. */
const PATHS = ["/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/audio/"];

/** Whether errors of this path are read by clients of the OpenAI API. */
export function isOpenAiPath(path: string): boolean {
  return PATHS.some((one) => path === one || (one.endsWith("/") && path.startsWith(one)));
}

/** How OpenAI names what its clients look for by name; ours go in lower case. */
const codes: Readonly<Record<string, string>> = {
  TOKEN_MISSING: "invalid_api_key",
  TOKEN_INVALID: "invalid_api_key",
  TOKEN_EXPIRED: "invalid_api_key",
  ACCOUNT_CLOSED: "invalid_api_key",
  PROMPT_TOO_LONG: "context_length_exceeded",
  RATE_LIMITED: "rate_limit_exceeded",
  STREAM_LIMIT: "rate_limit_exceeded",
  MODEL_QUOTA: "insufficient_quota",
  QUOTA_EXCEEDED: "insufficient_quota",
};
const statuses: Readonly<Record<string, number>> = { PROMPT_TOO_LONG: 400, MODEL_QUOTA: 429 };

/** The body of an error, and its status. */
export interface OpenAiError {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly param: string | null;
      readonly code: string;
    };
  };
}

export function toOpenAiError({ status: ours, body }: ErrorAnswer): OpenAiError {
  const { code, message, field } = body.error;
  const unknownModel = isUnknownModel(body.error);
  const status = unknownModel ? 404 : (statuses[code] ?? ours);
  return {
    status,
    body: {
      error: {
        message,
        type: typeOf(status, code),
        param: field ?? null,
        code: unknownModel
          ? "model_not_found"
          : ours === 501
            ? "not_configured"
            : (codes[code] ?? code.toLowerCase()),
      },
    },
  };
}

function typeOf(status: number, code: string): string {
  if (code === "MODEL_QUOTA" || code === "QUOTA_EXCEEDED") return "insufficient_quota";
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
