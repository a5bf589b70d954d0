// People at work through the proxy of a machine, until they are told that it is enough. Their programs ask once more, as all of ours do,
// when a connection breaks off; what is refused twice is refused to a person, and a line.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { Rooms } from "#proto/rooms_pb.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
import { openWire, type WireAnswer } from "#tests/testing/auth/keep-alive-wire.ts";
import { GrpcJsClient, type CallEnd } from "../server-clients.ts";

/** As busy people are, not a benchmark. */
const PAUSE_MS = 200;
const OK = 200;

const [name = "", caFile = "", login = "", password = "", folder = ""] = process.argv.slice(2);
/** Made when everything has been done once, and looked for. */
const [atWork, enough] = [`${folder}/at-work`, `${folder}/enough`];
const base = `https://${name}`;
const ca = await readFile(caFile, "utf8");
using wire = openWire(8, ca);
using grpc = new GrpcJsClient(`${name}:443`, { ca, name });

const tokens = (form: Readonly<Record<string, string>>) =>
  wire.post(`${base}/oauth/token`, { client_id: CLI_CLIENT_ID, ...form });
const signIn = () => tokens({ grant_type: "password", username: login, password });
const answered = ({ status, text }: WireAnswer) => (status === OK ? undefined : `${status} ${text}`);
const called = ({ code, details }: CallEnd<unknown>) => (code === 0 ? undefined : `gRPC ${code} ${details}`);

const { access_token: accessToken, refresh_token: firstToken } = (await signIn()).body;
const headers = { authorization: `Bearer ${String(accessToken)}` };
let refreshToken = String(firstToken);

/** What people do, each by itself: resolves to how it was refused. */
const works: Readonly<Record<string, () => Promise<string | undefined>>> = {
  page: async () => answered(await wire.send({ method: "GET", url: `${base}/` })),
  chats: async () => answered(await wire.send({ method: "GET", url: `${base}/v1/chats`, headers })),
  "sign-in": async () => answered(await signIn()),
  refresh: async () => {
    const answer = await tokens({ grant_type: "refresh_token", refresh_token: refreshToken });
    if (answer.status === OK) refreshToken = String(answer.body["refresh_token"]);
    return answered(answer);
  },
  rooms: async () => called(await grpc.call(Rooms.method.listRooms, {}, headers)),
  question: async () => {
    const question = { prompt: "what is 12% of 240?", hardwareId: "abc-1", speak: false };
    return called(await grpc.call(StreamingService.method.streamAudio, question, headers));
  },
};

const done = new Set<string>();
async function repeat(work: string, ask: () => Promise<string | undefined>): Promise<void> {
  for (;;) {
    const isLast = existsSync(enough);
    const first = await ask().catch(String);
    const refused = first && (await ask().catch(String));
    if (refused === undefined) {
      done.add(work);
      if (isLast) return;
    } else process.stdout.write(`${JSON.stringify([new Date(), work, first, refused])}\n`);
    if (done.size === Object.keys(works).length) await writeFile(atWork, "");
    await pause(PAUSE_MS);
  }
}

await Promise.all(Object.entries(works).map(([work, ask]) => repeat(work, ask)));
