import { once } from "node:events";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { startProgram, type ChildProgram } from "#bench/lib/child-program.ts";
import { MessageSchema } from "#proto/messaging_pb.ts";
import { openMessaging } from "#tests/testing/messaging-wire.ts";
import { sized } from "#tests/testing/test-size.ts";
import { repositoryRoot } from "#tools/test/command.ts";

const [FEW, MANY] = sized([20, 100], [500, 5_000]);
const MESSAGES = 30;
/** A delivery to one of many may cost so much more than to one of few, measured on a machine on which others work. */
const GROWTH_MAX = sized(3, 1.5);
/** Before the message's bytes, gRPC has the mark of compression and the length. */
const PREFIX_BYTES = 5;
const text = "A message of some words, as people write them to each other.";
const message = toBinary(MessageSchema, create(MessageSchema, { text }));

/** Has each of `count` readers, with a connection of its own, hear every message; resolves to processor time per delivery, in us. */
async function costOfDelivery(server: ChildProgram, count: number): Promise<number> {
  using open = new DisposableStack();
  const numbers: number[][] = [];
  let missing = 0;
  let heard = Promise.withResolvers<void>();
  for (let at = 0; at < count; at += 1) {
    const { stream, begun } = await open.use(openMessaging(server)).follow();
    expect(begun["grpc-status"]).toBeUndefined();
    const own: number[] = [];
    numbers.push(own);
    // None is sent before all have the last one, so each comes in a piece of its own.
    stream.on("data", (piece: Buffer) => {
      own.push(Number(fromBinary(MessageSchema, piece.subarray(PREFIX_BYTES)).seq));
      if (--missing === 0) heard.resolve();
    });
  }
  // It is there and takes nothing.
  await open.use(openMessaging(server)).follow();
  const sender = open.use(openMessaging(server));
  const say = async (): Promise<void> => {
    missing = count;
    heard = Promise.withResolvers();
    const sent = sender.call("sendMessage", message);
    const [trailers] = (await once(sent.resume(), "trailers")) as [Record<string, string>];
    expect(trailers["grpc-status"]).toBe("0");
    await heard.promise;
  };
  await say();
  const before = await server.usage();
  for (let said = 1; said < MESSAGES; said += 1) await say();
  const { cpuMs } = await server.usage();
  const [first = []] = numbers;
  expect(first).toEqual(first.map((_, at) => (first[0] ?? 0) + at));
  expect(first).toHaveLength(MESSAGES);
  for (const own of numbers) expect(own).toEqual(first);
  return (1_000 * (cpuMs - before.cpuMs)) / (MESSAGES - 1) / count;
}

test(
  "[13] every reader of a crowd has each message once, in order, and what that costs grows no faster than the crowd",
  { timeout: sized(240_000, 600_000) },
  async ({ signal }) => {
    const program = join(repositoryRoot, "bench/lib/pipit-server-program.ts");
    await using server = await startProgram(program, signal, { logFile: "/dev/null" });
    const few = await costOfDelivery(server, FEW);
    const many = await costOfDelivery(server, MANY);
    expect(many).toBeLessThan(GROWTH_MAX * few);
  },
);
