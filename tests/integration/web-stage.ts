import { request, type IncomingHttpHeaders } from "node:http";
import { generateSync } from "otplib/functional";
import type { TestServer } from "./start-test-server.ts";

/** An answer of the HTTP port, byte for byte. */
export interface WebAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

export interface WebRequest {
  readonly method?: string;
  /** Sent as it stands, dots and all; `fetch` would tidy it up. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One exchange with full control of path and headers, as a browser, a proxy or an attacker would make it. */
export function send(
  httpUrl: string,
  { method = "GET", path, headers, body }: WebRequest,
): Promise<WebAnswer> {
  const { hostname, port } = new URL(httpUrl);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on("data", (piece: Buffer) => pieces.push(piece));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const bytes = Buffer.concat(pieces);
        const text = bytes.toString("utf8");
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          bytes,
          text,
          json: parse(text),
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** How a bearer token is taken by `GET /auth/me`. */
export async function statusOfToken(
  { httpUrl }: Pick<TestServer, "httpUrl">,
  token: string,
): Promise<number> {
  return (await send(httpUrl, { path: "/auth/me", headers: { authorization: `Bearer ${token}` } })).status;
}

/** The code of an authenticator app, of a step that is so many before or after this one. */
export function totpCode(secret: string, steps = 0): string {
  return generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + steps * 30 });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const FORM: Readonly<Record<string, string>> = { "content-type": "application/x-www-form-urlencoded" };

/** What a sign-in address is opened with. */
export interface SentCode {
  readonly code: string;
  readonly digits: string;
}

/** A fresh sign-in code of the local account, with its digits. */
export async function newCode(server: TestServer): Promise<SentCode> {
  const answer = await send(server.httpUrl, {
    method: "POST",
    path: "/auth/sign-in-codes",
    headers: { authorization: `Bearer ${server.accessToken}` },
  });
  return answer.json as SentCode;
}

export function signInWithCode(
  server: TestServer,
  { code, digits }: SentCode,
  headers: Readonly<Record<string, string>> = {},
): Promise<WebAnswer> {
  return send(server.httpUrl, {
    method: "POST",
    path: "/auth/sign-in",
    headers: { ...FORM, ...headers },
    body: new URLSearchParams({ code, digits }).toString(),
  });
}

/** The cookie that the answer gave, as a browser sends it back. */
export function cookieOf(answer: WebAnswer): string {
  const [header = ""] = answer.headers["set-cookie"] ?? [];
  return header.split(";", 1)[0] ?? "";
}

/** Signs a browser in; resolves to its `cookie` header. */
export async function openSession(server: TestServer): Promise<string> {
  return cookieOf(await signInWithCode(server, await newCode(server)));
}
