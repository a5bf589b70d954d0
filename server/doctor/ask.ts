import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { certificateError } from "#contract/texts/certificate-error.ts";

/** Of an answer; ours are smaller by far. */
const MAX_BYTES = 256 * 1024;

/** What a server has answered; `body` is undefined for what is no JSON. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Asks a server as a client does, which does not follow to elsewhere.
 *
 * @param anyCertificate for what is asked whether it runs, and not whether its certificate is right
 * @throws PipitError CERTIFICATE_REFUSED; what the network says
 */
export function ask(url: URL, signal: AbortSignal, anyCertificate = false): Promise<Answer> {
  const get = url.protocol === "https:" ? getHttps : getHttp;
  const options = {
    signal,
    agent: false,
    rejectUnauthorized: !anyCertificate,
    headers: { accept: "application/json" },
  };
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void => reject(named(url, error));
    const request = get(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("error", refuse);
      response.on("data", (piece: string) => {
        text += piece;
        if (text.length > MAX_BYTES) request.destroy(new Error("the answer is too long"));
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parseJson(text) }));
    });
    request.on("error", refuse);
  });
}

/** Errors of certificates by the name that clients give them. */
export function named(url: URL, error: unknown): unknown {
  const said = wordsOf(error);
  return error instanceof PipitError
    ? error
    : (certificateError(url.host, said, "NODE_EXTRA_CA_CERTS") ?? error);
}

/** The words of the innermost error: the outer ones say only that something failed. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return wordsOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(wordsOf).join("; ");
  return error.message || ("code" in error ? String(error.code) : error.name);
}
