import { Agent, request as httpRequest } from "node:http";

/** A server that gives tokens, and what was put into it for the benchmark. */
export interface TokenServer {
  readonly httpUrl: string;
  readonly tokenPath: string;
  readonly jwksPath: string;
  /** A public client, which refreshes. */
  readonly appId: string;
  /** A confidential client, which speaks for itself. */
  readonly service: { readonly clientId: string; readonly secret: string };
  /** One of each session. */
  readonly refreshTokens: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The header's value. */
  readonly retryAfter: string | undefined;
}

/** Asks a {@link TokenServer} over connections that stay open. Disposing closes them. */
export interface TokenClient extends Disposable {
  /** Exchanges the refresh token that has rested longest; its successor takes its place. Throws unless it is granted. */
  refresh(): Promise<void>;
  /** Throws unless it is granted. */
  clientCredentials(): Promise<void>;
  /** Password grant, from an address that no other client has. */
  login(username: string, password: string): Promise<Answer>;
  jwks(): Promise<void>;
}

type Fields = Readonly<Record<string, string>>;

/** More requests at once than this wait for each other. */
const maxConnections = 2_000;

/** @param server one that no other user has: its refresh tokens are good once */
export function createTokenClient(server: TokenServer): TokenClient {
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections });
  const rested = [...server.refreshTokens];
  let addresses = 0;
  const post = (form: Fields, headers: Fields = {}): Promise<Answer> =>
    send(agent, new URL(server.tokenPath, server.httpUrl), {
      body: new URLSearchParams(form).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  const { clientId, secret } = server.service;
  const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`;
  return {
    async refresh() {
      const token = rested.shift();
      if (token === undefined) throw new Error("All refresh tokens are in use: there must be more sessions.");
      const form = { grant_type: "refresh_token", client_id: server.appId, refresh_token: token };
      rested.push(stringOf(granted(await post(form))["refresh_token"]));
    },
    async clientCredentials() {
      granted(await post({ grant_type: "client_credentials" }, { authorization: basic }));
    },
    login(username, password) {
      const address = ++addresses;
      const from = [10, address >> 16, address >> 8, address].map((part) => part & 255).join(".");
      return post(
        { grant_type: "password", client_id: server.appId, username, password },
        { "x-forwarded-for": from },
      );
    },
    async jwks() {
      const { status } = await send(agent, new URL(server.jwksPath, server.httpUrl));
      if (status !== 200) throw new Error(`The keys were refused: ${status}.`);
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** The body of an answer that grants tokens. */
export function granted({ status, text }: Answer): Readonly<Record<string, unknown>> {
  if (status !== 200) throw new Error(`The token request was refused: ${status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

function stringOf(value: unknown): string {
  if (typeof value !== "string") throw new Error("The answer has no refresh token.");
  return value;
}

function send(
  agent: Agent,
  url: URL,
  content?: { readonly body: string; readonly headers: Fields },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      agent,
      method: content === undefined ? "GET" : "POST",
      headers: content?.headers ?? {},
    };
    const request = httpRequest(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => (text += piece));
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, text, retryAfter: response.headers["retry-after"] }),
      );
    });
    request.once("error", reject);
    request.end(content?.body);
  });
}
