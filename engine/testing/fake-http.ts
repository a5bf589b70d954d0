import { PipitError } from "#contract/pipit-error.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "#engine/ports.ts";

/** An HTTP client whose server is the test. */
export interface FakeHttp extends HttpClient {
  readonly requests: HttpRequest[];
  /** Answers requests from now on; a thrown error is a failed exchange. */
  answer(handler: (request: HttpRequest, signal: AbortSignal) => HttpResponse | Promise<HttpResponse>): void;
}

export function createFakeHttp(): FakeHttp {
  const requests: HttpRequest[] = [];
  let handler:
    | ((request: HttpRequest, signal: AbortSignal) => HttpResponse | Promise<HttpResponse>)
    | undefined;
  return {
    requests,
    answer(next) {
      handler = next;
    },
    async request(request, signal) {
      requests.push(request);
      if (handler === undefined) throw unreachable();
      return handler(request, signal);
    },
  };
}

export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return { status, headers, body: JSON.stringify(body) };
}

export function unreachable(): PipitError {
  return new PipitError("SERVER_UNREACHABLE", "The server cannot be reached.");
}

/** The fields of a form body. */
export function form(request: HttpRequest | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(request?.body ?? ""));
}
