import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { Rooms } from "#proto/rooms_pb.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
import { openWire, type WireAnswer } from "#tests/testing/auth/keep-alive-wire.ts";
import { PASSWORD } from "#tests/testing/two-servers.ts";
import { PROXY_NAME, type TeamProxy } from "#tools/test/team-proxy.ts";
import { GrpcJsClient } from "../server-clients.ts";
import { THROUGH_PROXY, untilTaken } from "./room-talk.ts";

const REFRESHING = 4;
const ASKING = 2;
const SOCKETS = 16;
/** How a proxy and a server say that somebody else, or the same one soon, will answer; clients ask again by themselves. */
const PASSING: ReadonlySet<number> = new Set([502, 503, 504]);
/** What people do: each has to go on. */
const kinds = ["refreshed", "signed in", "searched", "listed rooms", "answered"] as const;

/** What a team of people does all the time, through its proxy. */
export interface TeamLoad {
  /** Resolves when each kind of thing has happened so often from now on; rejects with the first wrong answer. */
  each(times: number): Promise<void>;
  /** Ends it, and compares what people were told with what is kept. Rejects with the first wrong answer. */
  stop(): Promise<void>;
}

/** Begins it, as a person that is registered; questions go to new chats of theirs. */
export async function startTeamLoad(proxy: TeamProxy, login: string): Promise<TeamLoad> {
  using starting = new DisposableStack();
  const wire = starting.use(openWire(SOCKETS, proxy.ca));
  const base = `https://localhost:${proxy.port}`;
  const grpc = starting.use(new GrpcJsClient(`127.0.0.1:${proxy.port}`, { ca: proxy.ca, name: PROXY_NAME }));
  const owned = starting.move();
  const stopping = new AbortController();
  const counts = new Map<string, number>();
  const done = (kind: (typeof kinds)[number]): void => void counts.set(kind, (counts.get(kind) ?? 0) + 1);

  const until200 = async (ask: () => Promise<WireAnswer>): Promise<WireAnswer["body"]> => {
    for (;;) {
      const { status, text, body } = await ask();
      if (status === 200) return body;
      if (!PASSING.has(status)) throw new Error(`${status}: ${text}`);
      await pause(20);
    }
  };
  const tokens = (form: Readonly<Record<string, string>>) =>
    until200(() => wire.post(`${base}/oauth/token`, { client_id: CLI_CLIENT_ID, ...form }));
  const signIn = () => tokens({ grant_type: "password", username: login, password: PASSWORD });
  const get = (path: string) => until200(() => wire.send({ method: "GET", url: base + path, headers }));
  const headers = { authorization: `Bearer ${String((await signIn())["access_token"])}` };

  const repeat = async (work: () => Promise<void>): Promise<void> => {
    while (!stopping.signal.aborted) await work();
  };
  const refreshing = async (): Promise<void> => {
    let token = String((await signIn())["refresh_token"]);
    await repeat(async () => {
      // The same one again while nobody answers: that is one refresh.
      token = String((await tokens({ grant_type: "refresh_token", refresh_token: token }))["refresh_token"]);
      done("refreshed");
    });
  };
  const asking = async (): Promise<void> => {
    const chatKey = randomUUID();
    const asked: string[] = [];
    let chat = "";
    await repeat(async () => {
      const id = randomUUID();
      const question = { prompt: "Hello?", hardwareId: "abc-1", speak: false, clientMessageId: id, chatKey };
      const { messages } = await untilTaken(
        () => grpc.call(StreamingService.method.streamAudio, question, headers),
        THROUGH_PROXY,
      );
      asked.push(id);
      for (const { content } of messages) if (content.case === "turn") chat = content.value.chatId;
      done("answered");
    });
    const { data } = (await get(`/v1/chats/${chat}/messages?limit=100`)) as {
      readonly data: readonly { role: string; status: string; client_message_id?: string }[];
    };
    const kept = data.filter(({ role }) => role === "user").map((message) => message.client_message_id);
    const last = asked.slice(-kept.length);
    if (JSON.stringify(kept) !== JSON.stringify(last)) throw new Error(`asked ${last}, kept ${kept}`);
    const broken = data.filter(({ status }) => status !== "done");
    if (broken.length > 0) throw new Error(`not answered: ${JSON.stringify(broken)}`);
  };
  const all = Promise.all([
    ...Array.from({ length: REFRESHING }, refreshing),
    ...Array.from({ length: ASKING }, asking),
    repeat(async () => {
      await signIn();
      done("signed in");
    }),
    repeat(async () => {
      await get("/v1/chats/search?q=hello");
      done("searched");
    }),
    repeat(async () => {
      await untilTaken(() => grpc.call(Rooms.method.listRooms, {}, headers), THROUGH_PROXY);
      done("listed rooms");
    }),
  ]);
  const failed = all.then(() => undefined);
  failed.catch(() => stopping.abort());
  return {
    async each(times) {
      const due = new Map(kinds.map((kind) => [kind, (counts.get(kind) ?? 0) + times]));
      while (!kinds.every((kind) => (counts.get(kind) ?? 0) >= (due.get(kind) ?? 0))) {
        if (stopping.signal.aborted) await failed;
        await pause(20);
      }
    },
    async stop() {
      stopping.abort();
      try {
        await all;
      } finally {
        owned.dispose();
      }
    },
  };
}
