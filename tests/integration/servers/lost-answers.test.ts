import { describe, expect, test } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import {
  databases,
  postgresServerUrl,
  sharedDatabases,
  type TestDatabase,
} from "#server/testing/databases.ts";
import { createEmptyDatabase } from "#server/testing/postgres-databases.ts";
import { faults, gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { statusName, WireClient, wireText, type WireStream } from "#tests/doubles/wire-client.ts";
import { type ServerProcess, startServerProcess } from "#tests/testing/auth/server-process.ts";
import { type EventClient, openEvents, wsTokenOf } from "#tests/testing/event-client.ts";
import type { StreamResponse } from "#proto/streaming_pb.ts";
import { asked, hasText, reasonOf } from "../streaming/streaming-stage.ts";

const PASSWORD = "Correct-horse-1";
/** A lease and the next look, on a busy machine. */
const SWEPT = { timeout: 90_000, interval: 250 } as const;
const TEST_MS = 180_000;

interface StoredMessage {
  readonly role: string;
  readonly turn_id: string;
  readonly status: string;
  readonly failure?: { readonly code: string; readonly message: string };
}

/** One account at servers of one database. */
class Person {
  readonly server: ServerProcess;
  readonly #token: string;

  private constructor(server: ServerProcess, token: string) {
    this.server = server;
    this.#token = token;
  }

  /** Registers, if there is no such account yet, and signs in. */
  static async at(server: ServerProcess, login = "ann"): Promise<Person> {
    await fetch(`${server.url}/auth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login, password: PASSWORD }),
    });
    const form = { grant_type: "password", client_id: CLI_CLIENT_ID, username: login, password: PASSWORD };
    const answer = await fetch(`${server.url}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams(form),
    });
    const { access_token: token } = (await answer.json()) as { readonly access_token: string };
    return new Person(server, token);
  }

  connect(): WireClient {
    return new WireClient(this.server.grpcUrl, this.#token);
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(this.server.url + path, {
      headers: { authorization: `Bearer ${this.#token}` },
    });
    return (await answer.json()) as T;
  }

  /** Of the one chat that there is. */
  async messages(): Promise<readonly StoredMessage[]> {
    const { data: chats } = await this.get<{ readonly data: readonly { readonly id: string }[] }>(
      "/v1/chats",
    );
    const { data } = await this.get<{ readonly data: readonly StoredMessage[] }>(
      `/v1/chats/${chats[0]?.id ?? ""}/messages`,
    );
    return data;
  }

  async found(query: string): Promise<readonly unknown[]> {
    return (await this.get<{ readonly results: readonly unknown[] }>(`/v1/chats/search?q=${query}`)).results;
  }

  async listen(): Promise<EventClient> {
    const token = await wsTokenOf(this.server.url, this.#token);
    return openEvents(this.server.url, { authorization: `Bearer ${token}` });
  }
}

const endOf = async (answer: WireStream<StreamResponse>): Promise<string> => {
  const status = await answer.status;
  return status.code === 0 ? "OK" : `${statusName(status.code)} ${reasonOf(status).reason}`;
};

const lost = [{ role: "user", status: "failed", failure: { code: "ANSWER_LOST" } }];

/** Servers of one database, and the model that they ask. */
async function openStage(name: TestDatabase["name"]) {
  await using opening = new AsyncDisposableStack();
  const model = opening.use(await startOpenAiDouble(stream(say("Hello."))));
  const databaseUrl =
    name === "PostgreSQL" ? opening.use(await createEmptyDatabase(postgresServerUrl())).url : undefined;
  const env = {
    PIPIT_MASTER_KEY: Buffer.alloc(32, 7).toString("base64"),
    PIPIT_MODEL_URL: model.url,
    PIPIT_MODEL: "double",
    PIPIT_TITLES: "0",
    PIPIT_MEMORIES: "0",
    ...(databaseUrl !== undefined && { PIPIT_DATABASE_URL: databaseUrl }),
  };
  const owned = opening.move();
  return {
    model,
    /** @param home of a server that ran before */
    start: async (home?: string) =>
      owned.use(await startServerProcess({ env, ...(home !== undefined && { home }) })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe.each(databases)("[O6] an answer whose server is killed, on $name", ({ name }) => {
  test("is shown as lost, is found, and can be asked again", { timeout: TEST_MS }, async () => {
    await using stage = await openStage(name);
    const { model, start } = stage;
    const doomed = await start();
    const ann = await Person.at(doomed);
    using there = ann.connect();
    model.script(faults.hangHalfWay);
    const question = asked("Where do pelicans sleep?");
    const first = there.stream(question);
    await first.until(hasText("Half "));
    expect(await ann.messages()).toMatchObject([{ status: "running" }]);
    await doomed.kill();
    const next = await start(doomed.home);
    const again = await Person.at(next);
    await expect.poll(() => again.messages(), SWEPT).toMatchObject(lost);
    expect((await again.messages())[0]?.failure?.message).toContain("ask it again");
    expect(await again.found("pelicans")).toHaveLength(1);
    model.script(stream(say("On one leg.")));
    using here = again.connect();
    const retried = here.stream(question);
    expect(await endOf(retried)).toBe("OK");
    expect(wireText(retried.messages)).toBe("On one leg.");
    expect(await again.messages()).toMatchObject([
      { role: "user", status: "done" },
      { role: "assistant", status: "done" },
    ]);
  });
});

test.each(sharedDatabases)(
  "[O6] an answer whose server stands still, on $name, is told of by another server, which leaves alone what a third one goes on with; one that stood still meanwhile ends nothing",
  { timeout: TEST_MS },
  async ({ name }) => {
    await using stage = await openStage(name);
    const { model, start } = stage;
    const asleep = await start();
    const living = await start();
    const sweeping = await start();
    const ann = await Person.at(asleep, "ann");
    const bob = await Person.at(living, "bob");
    const held = gate();
    const woken = gate();
    // What both are asked last tells them apart.
    model.script(({ messages }) =>
      JSON.stringify(messages.at(-1)).includes("owls")
        ? stream(say("Half "), held.step, say("and whole."))
        : stream(say("Half "), woken.step, say("too late.")),
    );
    using bobs = bob.connect();
    const goesOn = bobs.stream(asked("Where do owls sleep?"));
    await goesOn.until(hasText("Half "));
    using anns = ann.connect();
    const question = asked("Where do pelicans sleep?");
    const first = anns.stream(question);
    await first.until(hasText("Half "));
    const watching = await Person.at(sweeping, "ann");
    await using events = await watching.listen();
    asleep.pause();
    const told = async (): Promise<Readonly<Record<string, unknown>>> => {
      for (;;) {
        const event = await events.next();
        if (event["kind"] === "turn.finished") return event;
      }
    };
    const { turn_id: turnId } = await told();
    const [shown] = await watching.messages();
    expect(shown).toMatchObject({ ...lost[0], turn_id: turnId });
    // That one was begun earlier, so its first lease is over by now.
    expect(await bob.messages()).toMatchObject([{ status: "running" }]);
    held.open();
    expect(await endOf(goesOn)).toBe("OK");
    expect(await bob.messages()).toMatchObject([{ status: "done" }, { status: "done" }]);

    asleep.resume();
    woken.open();
    expect(await endOf(first)).toBe("UNAVAILABLE ANSWER_LOST");
    expect(await watching.messages()).toMatchObject(lost);
    model.script(stream(say("On one leg.")));
    using here = watching.connect();
    const retried = here.stream(question);
    expect(await endOf(retried)).toBe("OK");
    expect(await ann.messages()).toMatchObject([{ status: "done" }, { status: "done" }]);
  },
);
