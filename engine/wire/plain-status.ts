import type { ErrorCode } from "#contract/error-codes.ts";

/** Longest text of another program that is shown to a person. */
const MESSAGE_MAX_CHARS = 500;

/** What a bare status means. Without a `message` the server's own text is shown. */
export interface PlainStatus {
  readonly code: ErrorCode;
  readonly message?: string;
}

/** The sentences that depend on the host: how its person names the server and mends the connection. */
export interface StatusWording {
  readonly deadline: string;
  readonly notPipit: string;
  readonly unreachable: string;
  readonly failed: string;
}

/** Status numbers that gRPC and Connect share (google/rpc/code.proto). */
export const statusCode = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** What a status without ErrorInfo means (contracts §1): it comes from a proxy, or a server that is not ours. */
export function plainStatus(status: number, wording: StatusWording): PlainStatus {
  switch (status) {
    case statusCode.CANCELLED:
      return { code: "CANCELLED", message: "Cancelled." };
    case statusCode.INVALID_ARGUMENT:
    case statusCode.OUT_OF_RANGE:
    case statusCode.FAILED_PRECONDITION:
      return { code: "INVALID_REQUEST" };
    case statusCode.DEADLINE_EXCEEDED:
      return { code: "DEADLINE_EXCEEDED", message: wording.deadline };
    case statusCode.NOT_FOUND:
      return { code: "CHAT_NOT_FOUND" };
    case statusCode.PERMISSION_DENIED:
      return { code: "NOT_ALLOWED" };
    case statusCode.RESOURCE_EXHAUSTED:
      return { code: "RATE_LIMITED" };
    case statusCode.ABORTED:
      return { code: "TURN_RUNNING_ELSEWHERE" };
    default:
      return hostStatus(status, wording);
  }
}

function hostStatus(status: number, wording: StatusWording): PlainStatus {
  switch (status) {
    case statusCode.UNIMPLEMENTED:
      return { code: "CONFIG_INVALID", message: wording.notPipit };
    case statusCode.UNAVAILABLE:
      return { code: "SERVER_UNREACHABLE", message: wording.unreachable };
    case statusCode.UNAUTHENTICATED:
      return { code: "TOKEN_INVALID", message: "The server refused the sign-in. Sign in again." };
    default:
      return { code: "INTERNAL", message: wording.failed };
  }
}

/** Bounds a text of another program. */
export function shorten(text: string): string {
  return text.length <= MESSAGE_MAX_CHARS ? text : `${text.slice(0, MESSAGE_MAX_CHARS - 1)}…`;
}

/** Milliseconds of a `retry-after-ms` value; undefined for anything else. */
export function parseRetryAfterMs(value: unknown): number | undefined {
  return typeof value === "string" && /^\d{1,9}$/u.test(value) ? Number(value) : undefined;
}
