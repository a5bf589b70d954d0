/**
 * A client of the kill tests, as a process of its own: the engine as every program has it, told what to do by lines on
 * its standard input, and killing itself at the point that its life is to end at. It says what it promised the person.
 */
import { createInterface } from "node:readline";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { createCredentialsFileTokenStore } from "#engine/node/keychain/credentials-file-token-store.ts";
import { openClient, type Client } from "#engine/node/client.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import type { ClientLife, ClientLine, ClientOrder } from "./chaos-client-process.ts";

const steps = [
  "add",
  "claim",
  "remove",
  "renameChat",
  "recordAttempt",
  "release",
  "replace",
  "setState",
] as const;
const signal = new AbortController().signal;
const life = JSON.parse(process.argv[2] ?? "") as ClientLife;
const { home, serverUrl, grpcUrl } = life;
const tokenStore = createCredentialsFileTokenStore({
  home,
  serverUrl,
  ownServer: false,
  logger: createFakeLogger(),
});
await using client = await openClient({
  server: { home, serverUrl, grpcUrl },
  serverEntry: "none, for the server is named",
  clientId: CLI_CLIENT_ID,
  locale: "en",
  searchAllChats: false,
  speak: false,
  speaker: undefined,
  tokenStore: Promise.resolve(tokenStore),
});
watch(client);
await client.signIn(signal);
await client.engine.resume();
say({ kind: "ready" });
for await (const line of createInterface(process.stdin)) {
  const order = JSON.parse(line) as ClientOrder;
  if (order.kind === "new-chat") client.engine.newChat();
  // Not awaited: a person types on while the last message is being written.
  else if (order.kind === "send") void send(order.text);
  else if (order.kind === "change") void change(order);
  else await drain();
}

async function send(text: string): Promise<void> {
  say({ kind: "kept", text, id: await client.engine.send({ text }) });
}

async function change({ how, into }: ClientOrder & { kind: "change" }): Promise<void> {
  const { activeMessageId } = client.engine.store.getState();
  const row = (await client.unanswered()).findLast(({ clientMessageId, state }) =>
    how === "stop" ? clientMessageId === activeMessageId : state.kind === "waiting",
  );
  if (row === undefined) return;
  const { clientMessageId: id, text } = row;
  say({ kind: "changing", how, text, into });
  try {
    if (how === "stop") await client.engine.cancel();
    else if (how === "park") await client.engine.park(id);
    else say({ kind: "kept", text: into, id: await client.engine.editAndResend(id, into) });
  } catch (reason) {
    if (!(reason instanceof PipitError) || reason.code !== "INVALID_REQUEST") throw reason;
    say({ kind: "unchanged", text, into });
  }
}

async function drain(): Promise<void> {
  for (;;) {
    await client.engine.resume();
    await client.engine.idle();
    const left = await client.unanswered();
    if (left.length === 0) break;
    for (const { clientMessageId: id, state } of left)
      if (state.kind === "parked") await client.engine.retry(id);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  say({ kind: "drained" });
}

function say(line: ClientLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Every step that the outbox takes, before and after, and every kind of event, is a point to end at. */
function watch({ outbox, engine }: Pick<Client, "outbox" | "engine">): void {
  const passed = new Map<string, number>();
  const pass = (point: string): void => {
    const count = (passed.get(point) ?? 0) + 1;
    passed.set(point, count);
    if (point === life.end?.point && count === life.end.count) process.kill(process.pid, "SIGKILL");
  };
  for (const name of steps) {
    const real = outbox[name].bind(outbox) as (...given: unknown[]) => Promise<never>;
    outbox[name] = async (...given: unknown[]): Promise<never> => {
      pass(`${name}:before`);
      const result = await real(...given);
      pass(`${name}:after`);
      return result;
    };
  }
  engine.store.subscribe(({ messages }) => {
    for (const { text, status } of messages.filter((message) => message.role === "user")) {
      // Set aside by the person.
      if (status.kind === "failed" && status.failure.code === "CANCELLED") continue;
      if (status.kind === "failed" && !passed.has(text)) {
        passed.set(text, 1);
        say({ kind: "refused", text, why: `${status.failure.code}: ${status.failure.message}` });
      }
    }
  });
  engine.onEvent(({ event }) => pass(`event:${event.type}`));
}
