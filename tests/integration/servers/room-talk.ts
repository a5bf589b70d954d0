import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { EmptySchema, Messaging, type Message } from "#proto/messaging_pb.ts";
import { GrpcJsClient, type CallEnd } from "../server-clients.ts";

const CANCELLED = 1;
const UNAVAILABLE = 14;
/** What a client may try again; a message has an id, so that it is one all the same. */
const PASSING: ReadonlySet<number> = new Set([4, 8, 10, UNAVAILABLE]);
/** A proxy resets the calls of a server that is gone, which is INTERNAL in gRPC. */
export const THROUGH_PROXY: ReadonlySet<number> = new Set([...PASSING, 13]);

/** Something that breaks when that share of the messages was sent. */
export type Fault = readonly [share: number, fault: () => Promise<unknown>];

/** Calls again while what failed may pass. */
export async function untilTaken<T>(call: () => Promise<CallEnd<T>>, passing = PASSING): Promise<CallEnd<T>> {
  for (;;) {
    const end = await call();
    if (end.code === 0) return end;
    if (!passing.has(end.code)) throw new Error(`${end.code}: ${end.details}`);
    await pause(20);
  }
}

interface RoomClientOptions {
  /** Where it goes: to the next one whenever a server is gone. */
  readonly targets: readonly string[];
  readonly accessToken: string;
  /** Of a proxy, through which it goes. */
  readonly tls?: { readonly ca: string; readonly name: string };
}

/** Client of the common room. */
export function connectToRoom({ targets, accessToken, tls }: RoomClientOptions) {
  const passing = tls === undefined ? PASSING : THROUGH_PROXY;
  const stack = new DisposableStack();
  const clients = targets.map((target) => stack.use(new GrpcJsClient(target, tls)));
  const headers = { authorization: `Bearer ${accessToken}` };
  let at = 0;
  const client = (): GrpcJsClient => {
    const here = clients[at % clients.length];
    if (here === undefined) throw new Error("no server");
    return here;
  };
  const failed = (code: number): void => {
    if (code === UNAVAILABLE) at++;
  };
  return {
    /** Tries until it is stored. */
    async say(text: string): Promise<string> {
      const message = { text, clientMessageId: randomUUID() };
      const { messages } = await untilTaken(async () => {
        const end = await client().call(Messaging.method.sendMessage, message, headers);
        failed(end.code);
        return end;
      }, passing);
      return messages[0]?.messageId ?? "";
    },

    /** Reads on until it has so many, over streams that break `cuts` times, and whenever a server breaks them. */
    async read(resumeAfter: string, count: number, cuts: number): Promise<readonly Message[]> {
      const read: Message[] = [];
      let after = resumeAfter;
      let cut = 1;
      while (read.length < count) {
        const request = Buffer.from(
          toBinary(EmptySchema, create(EmptySchema, { resumeAfter: after, events: true })),
        );
        const stream = client().open(Messaging.method.messageStream, request, headers);
        const { promise, resolve } = Promise.withResolvers<number>();
        stream.on("data", (message: Message) => {
          read.push(message);
          after = message.messageId ?? "";
          const isCut = cut <= cuts && read.length >= (cut * count) / (cuts + 1);
          if (isCut) cut++;
          if (isCut || read.length === count) {
            // What is on its way is lost with the stream.
            stream.removeAllListeners("data").cancel();
          }
        });
        stream.on("error", ({ code }: { code: number }) => resolve(code));
        const code = await promise;
        failed(code);
        if (code !== CANCELLED && !passing.has(code)) throw new Error(`a stream ended by ${code}`);
        if (code !== CANCELLED) await pause(20);
      }
      return read;
    },
    [Symbol.dispose]: () => stack.dispose(),
  };
}

type RoomClient = ReturnType<typeof connectToRoom>;

interface TalkSize {
  readonly sends: number;
  readonly readers: number;
  /** Streams that each reader breaks off. */
  readonly cuts: number;
  /** Who send at once; default 4. */
  readonly senders?: number;
  /** Between two messages; absent: as fast as they are taken. */
  readonly everyMs?: number;
}

/** All send and all read, whatever happens meanwhile; resolves to what is to be {@link each} message once, in one order. */
export async function talk(
  clients: readonly RoomClient[],
  { sends, readers, cuts, senders = 4, everyMs = 0 }: TalkSize,
  happens: readonly Fault[],
) {
  const of = (at: number): RoomClient => {
    const client = clients[at % clients.length];
    if (client === undefined) throw new Error("no client");
    return client;
  };
  const start = await of(0).say("start");
  const reading = Array.from({ length: readers }, (_, at) => of(at).read(start, sends, cuts));
  const broken: Promise<unknown>[] = [];
  const due = [...happens];
  let begun = 0;
  const beganMs = performance.now();
  const send = async (sender: number): Promise<void> => {
    while (begun < sends) {
      const at = begun++;
      while ((due[0]?.[0] ?? 1) * sends <= at) {
        const fault = due.shift()?.[1];
        if (fault !== undefined) broken.push(fault());
      }
      const waitMs = beganMs + at * everyMs - performance.now();
      if (waitMs > 0) await pause(waitMs);
      await of(sender).say(`${at}`);
    }
  };
  await Promise.all(Array.from({ length: senders }, (_, at) => send(at)));
  await Promise.all(broken);
  const reads = await Promise.all(reading);
  const from = Number(reads[0]?.[0]?.seq);
  return {
    faultsLeft: due.length,
    withoutGap: reads.every((read) => read.every(({ seq }, at) => Number(seq) === from + at)),
    messages: new Set(reads.flatMap((read) => read.map(({ text }) => text))).size,
    orders: new Set(reads.map((read) => read.map(({ text }) => text).join(" "))).size,
  };
}

/** What {@link talk} resolves to when nothing was lost, doubled or out of order. */
export const each = (sends: number) => ({ faultsLeft: 0, withoutGap: true, messages: sends, orders: 1 });
