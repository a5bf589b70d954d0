import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { bearer } from "#tests/testing/auth/auth-stage.ts";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { send } from "#tests/integration/web-stage.ts";

const credentials = { username: "ann", password: "Correct-horse-1" };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await post("/auth/register", { login: credentials.username, password: credentials.password });
});
afterAll(() => server[Symbol.asyncDispose]());

async function post(path: string, body: object, headers: Readonly<Record<string, string>> = {}) {
  const sent = { "content-type": "application/json", ...headers };
  const answer = await send(server.httpUrl, {
    method: "POST",
    path,
    headers: sent,
    body: JSON.stringify(body),
  });
  return { status: answer.status, json: answer.json as Record<string, string> };
}

/** Connected, Reconnecting, Offline: the states that the original shows. */
type State = "Connected" | "Reconnecting" | "Offline";

/**
 * The original terminal client's socket, as docs/reference/developer-api.md tells it: a token for each handshake, the snapshot
 * first, pings answered with their timestamp, one refresh after a 401, and a longer pause before each new try.
 */
class OriginalClient {
  readonly states: State[] = [];
  readonly heard: Record<string, unknown>[] = [];
  socket: WebSocket | undefined;
  /** Of the next handshakes; fresh ones where there is none. */
  readonly wsTokens: string[] = [];
  handshakes = 0;
  #access = "";
  #refresh = "";
  #isDone = false;

  async login(): Promise<void> {
    const { json } = await post("/api/v1/token/", credentials);
    this.#keep(json);
  }

  async run(): Promise<void> {
    for (let pauseMs = 20; !this.#isDone; pauseMs = Math.min(pauseMs * 2, 500)) {
      try {
        await this.#connect();
        pauseMs = 20;
        this.states.push("Connected");
        await new Promise((resolve) => this.socket?.on("close", resolve));
      } catch (reason) {
        if (String(reason).includes("401")) this.#keep((await this.#renew()).json);
        else this.states.push("Offline");
      }
      if (this.#isDone) return;
      this.states.push("Reconnecting");
      await sleep(pauseMs);
    }
  }

  stop(): void {
    this.#isDone = true;
    this.socket?.close();
  }

  send(event: object): void {
    this.socket?.send(JSON.stringify(event));
  }

  #renew() {
    return post("/api/v1/token/refresh/", { refresh: this.#refresh });
  }

  #keep({ access = "", refresh = "" }: Record<string, string>): void {
    expect([access, refresh]).not.toContain("");
    [this.#access, this.#refresh] = [access, refresh];
  }

  async #connect(): Promise<void> {
    const token =
      this.wsTokens.shift() ?? (await post("/api/v1/ws-token/", {}, bearer(this.#access))).json["ws_token"];
    this.handshakes += 1;
    // As its library does: compression is offered, no origin, no protocol.
    const socket = new WebSocket(`${server.httpUrl}/ws/v1/events/`, {
      headers: bearer(token ?? ""),
      perMessageDeflate: true,
    });
    this.socket = socket;
    const first = await new Promise<Record<string, unknown>>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("closed before the snapshot")));
      socket.on("message", (data) => {
        const message = JSON.parse((data as Buffer).toString()) as Record<string, unknown>;
        if (message["type"] === "ping") this.send({ type: "pong", timestamp: message["timestamp"] });
        this.heard.push(message);
        resolve(message);
      });
    });
    if (first["type"] !== "snapshot" || !Array.isArray(first["work_packages"]))
      throw new Error(`no snapshot: ${JSON.stringify(first)}`);
  }
}

/** What its queue would hold: the envelope, in the order of its clock. */
const envelopes = Array.from({ length: 1_000 }, (_, at) => ({
  event_id: `01KBTFJ8Q3ZB9X2C7N5V4M${String(at).padStart(4, "0")}`,
  event_type: "WPStatusChanged",
  aggregate_id: "WP01",
  aggregate_type: "WorkPackage",
  payload: { status: "done" },
  node_id: "0123456789ab",
  lamport_clock: at,
  causation_id: null,
  timestamp: "2026-11-21T00:26:48.856411+00:00",
  team_slug: "local",
}));

test("the original's batch is taken with the token of its sign-in, again as duplicates, and not with more than 1,000", async () => {
  const { json } = await post("/api/v1/token/", credentials);
  const push = async (events: readonly object[]) => {
    const answer = await fetch(`${server.httpUrl}/api/v1/events/batch/`, {
      method: "POST",
      headers: {
        ...bearer(json["access"] ?? ""),
        "content-type": "application/json",
        "content-encoding": "gzip",
      },
      body: gzipSync(JSON.stringify({ events })),
    });
    const told = (await answer.json()) as {
      readonly results?: readonly { readonly event_id: string; readonly status: string }[];
      readonly error?: string;
    };
    return { status: answer.status, ...told };
  };
  const outcome = (status: string) => envelopes.map(({ event_id }) => ({ event_id, status }));
  expect(await push(envelopes)).toEqual({ status: 200, results: outcome("success") });
  expect(await push(envelopes)).toEqual({ status: 200, results: outcome("duplicate") });
  const tooMany = await push([...envelopes, ...envelopes.slice(0, 1)]);
  expect(tooMany).toEqual({ status: 400, error: expect.stringContaining("1000"), details: [] });
});

test("the original's socket connects, is told what happens, and comes back by itself after a cut and a used token", async () => {
  const client = new OriginalClient();
  await client.login();
  const running = client.run();
  await expect.poll(() => client.states).toEqual(["Connected"]);
  expect(client.heard).toMatchObject([{ type: "snapshot", work_packages: [] }]);
  // What it sends, and what it does not know of what it is sent, ends nothing.
  client.send({
    event_id: "01KBTFJ8Q3ZB9X2C7N5V4M6K1D",
    event_type: "WPStatusChanged",
    aggregate_id: "WP01",
    payload: {},
    node_id: "0123456789ab",
    lamport_clock: 1,
  });
  const { json } = await post("/api/v1/token/", credentials);
  await post("/v1/chats", { title: "Told" }, bearer(json["access"] ?? ""));
  await expect.poll(() => client.heard.at(-1)).toMatchObject({ type: "event", kind: "chat.created" });
  client.send({ type: "ping", timestamp: 1_795_000_000_123 });
  await expect.poll(() => client.heard.at(-1)).toEqual({ type: "pong", timestamp: 1_795_000_000_123 });

  client.socket?.terminate();
  await expect.poll(() => client.states).toEqual(["Connected", "Reconnecting", "Connected"]);
  expect(client.heard.at(-1)).toMatchObject({ type: "snapshot", chats: [{ title: "Told" }] });
  client.wsTokens.push("used-before");
  client.socket?.terminate();
  await expect.poll(() => client.states.slice(3)).toEqual(["Reconnecting", "Reconnecting", "Connected"]);
  expect(client.handshakes).toBe(4);
  client.stop();
  await running;
});
