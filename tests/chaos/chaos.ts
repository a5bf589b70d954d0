import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { createCredentialsFileTokenStore } from "#engine/node/keychain/credentials-file-token-store.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { gate, say, stream, type ChatRequest, type Reply } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble, type OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { signIn } from "#tests/integration/start-test-server.ts";
import { createRandom, type Random } from "#tests/testing/auth/random.ts";
import { startServerProcess, type ServerProcess } from "#tests/testing/auth/server-process.ts";
import { ClientProcess, type Change, type ClientLife, type ClientLine } from "./chaos-client-process.ts";
import { ChaosWire } from "./chaos-wire.ts";
import { lostOrDoubled, outOfOrder, scattered, type Sent, type StoredTurn } from "./promises.ts";

/** An end of the server in the middle of an answer, by what the model has done by then. */
const modelMoments = ["asked", "half way", "finished"] as const;
type ModelMoment = (typeof modelMoments)[number];
/** Where the client can end. */
const points = [
  "add:before",
  "add:after",
  "claim:before",
  "claim:after",
  "release:before",
  "release:after",
  "recordAttempt:before",
  "recordAttempt:after",
  "renameChat:before",
  "renameChat:after",
  "event:turn",
  "event:text",
  "event:end",
  "remove:before",
  "remove:after",
  "replace:before",
  "replace:after",
  "setState:before",
  "setState:after",
] as const;
/** Without these changes, an end at these points never comes. */
const changesFor: Readonly<Record<string, readonly [Change, ...Change[]]>> = {
  replace: ["edit"],
  setState: ["park", "stop"],
};
/** How often the person changes a message without such a reason, per round. */
const CHANGE_CHANCE = 0.2;
/** How often the other program is killed and started, per round. */
const OTHER_CHANCE = 0.25;
/** A planned end that never came, e.g. a third rename in one life: the client is killed then. */
const ROUND_LIMIT_MS = 2_000;
const READY_LIMIT_MS = 60_000;
const DRAIN_LIMIT_MS = 180_000;

/** What a run has come to; `faults` is empty when every promise held. */
export interface ChaosReport {
  readonly faults: readonly string[];
  readonly kept: number;
  /** Edited, set aside or stopped. */
  readonly changed: number;
  readonly kills: number;
  /** Answers that the model finished more than once: a client or a server died between that and storing it. */
  readonly askedTwice: number;
}

/**
 * Messages are written while the client, the server or the connection between them is killed again and again; then all
 * of it is left to finish, and what the person was promised is compared with what the server has stored.
 */
export async function runChaos(seed: number, kills: number): Promise<ChaosReport> {
  const home = await mkdtemp(join(tmpdir(), "pipit-chaos-"));
  try {
    await using chaos = await Chaos.open(seed, home);
    for (let kill = 0; kill < kills; kill += 1) await chaos.round();
    await chaos.drain();
    return chaos.report();
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

class Chaos implements AsyncDisposable {
  readonly #random: Random;
  readonly #clientHome: string;
  readonly #parts: AsyncDisposableStack;
  readonly #model: OpenAiDouble;
  readonly #wires: { readonly http: ChaosWire; readonly grpc: ChaosWire };
  readonly #sent = new Map<string, Sent>();
  #server: ServerProcess;
  #client: ClientProcess | undefined;
  /** Another program on the same home, as the desktop is beside a terminal: it writes nothing, and may send everything. */
  #other: ClientProcess | undefined;
  /** Whom the model kills, and when; it is asked only once per round. */
  #atModel: { readonly moment: ModelMoment; readonly over: () => void } | undefined;
  readonly #refused: string[] = [];
  #group = 0;
  #keptCount = 0;
  #kills = 0;

  private constructor(
    seed: number,
    home: string,
    parts: AsyncDisposableStack,
    model: OpenAiDouble,
    wires: { readonly http: ChaosWire; readonly grpc: ChaosWire },
    server: ServerProcess,
  ) {
    this.#random = createRandom(seed);
    this.#clientHome = join(home, "client");
    this.#parts = parts;
    this.#model = model;
    this.#wires = wires;
    this.#server = server;
    model.script((request) => this.#reply(request));
  }

  static async open(seed: number, home: string): Promise<Chaos> {
    await using parts = new AsyncDisposableStack();
    const model = parts.use(await startOpenAiDouble(stream(say("unused"))));
    const wires = { http: parts.use(await ChaosWire.open()), grpc: parts.use(await ChaosWire.open()) };
    const server = await startServer(join(home, "server-home"), model.url);
    const chaos = new Chaos(seed, home, parts.move(), model, wires, server);
    chaos.#aim();
    await chaos.#signIn(join(home, "server-home"));
    return chaos;
  }

  /** One planned end, of one life, while the person writes. */
  async round(): Promise<void> {
    const random = this.#random;
    const dice = random.next();
    const end = dice < 0.45 ? { point: random.pick(points), count: 1 + random.below(3) } : undefined;
    if (this.#client === undefined || this.#client.gone || end !== undefined) await this.#startClient(end);
    if (random.chance(OTHER_CHANCE)) await this.#startOther();
    const ended = this.#planEnd(dice);
    for (let count = 1 + random.below(3); count > 0; count -= 1) this.#write();
    this.#changeSome(end);
    await ended;
    this.#kills += 1;
    if (this.#client?.gone === true) this.#client = undefined;
  }

  /** Nothing is killed any more, and everything that waits is answered. */
  async drain(): Promise<void> {
    await this.#startClient(undefined);
    this.#client?.tell({ kind: "drain" });
    await this.#client?.until("drained", DRAIN_LIMIT_MS);
  }

  async report(): Promise<ChaosReport> {
    await this.#server.stop();
    const turns = readTurns(this.#server.home);
    const kept = [...this.#sent.values()].filter((sent) => sent.kept !== undefined);
    return {
      faults: [
        ...this.#refused,
        ...lostOrDoubled(kept, turns, this.#sent),
        ...outOfOrder(kept, turns),
        ...scattered(kept, turns),
      ],
      kept: kept.length,
      changed: kept.filter(({ changes }) => changes.size > 0).length,
      kills: this.#kills,
      askedTwice: await this.#askedTwice(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#other?.kill();
    await this.#client?.kill();
    await this.#server.kill();
    await this.#parts.disposeAsync();
  }

  /** Resolves when the life whose end was planned has ended, and the server lives again. */
  async #planEnd(dice: number): Promise<void> {
    const client = this.#client;
    const random = this.#random;
    if (client === undefined) return;
    if (dice < 0.45) {
      await Promise.race([client.ended, sleep(ROUND_LIMIT_MS)]);
      await client.kill();
    } else if (dice < 0.6) {
      await sleep(random.below(300));
      await client.kill();
    } else if (dice < 0.8) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#atModel = { moment: random.pick(modelMoments), over: resolve };
      await Promise.race([promise, sleep(ROUND_LIMIT_MS)]);
      this.#atModel = undefined;
      await this.#restartServer();
    } else if (dice < 0.9) {
      await sleep(random.below(300));
      await this.#restartServer();
    } else {
      await sleep(random.below(200));
      this.#wires.grpc.cut();
      this.#wires.http.cut();
    }
  }

  #reply(request: ChatRequest): Reply {
    const plan = this.#atModel;
    const name = `answer ${request.index} `;
    if (plan === undefined) return stream(say(name, "to ", "the ", "question."));
    this.#atModel = undefined;
    // It dies where it stands, before anything more can be told to it.
    const kill = (): void => void this.#server.kill().then(plan.over);
    if (plan.moment === "asked") kill();
    if (plan.moment === "finished") void request.over.then(kill);
    if (plan.moment !== "half way") return stream(say(name, "to ", "the ", "question."));
    const { step, open } = gate();
    setTimeout(() => {
      kill();
      open();
    }, 20);
    return stream(say(name, "to "), step, say("the ", "question."));
  }

  #write(): void {
    if (this.#random.chance(0.15)) {
      this.#group += 1;
      this.#client?.tell({ kind: "new-chat" });
    }
    const text = `message ${this.#sent.size}`;
    this.#sent.set(text, { text, group: this.#group, kept: undefined, changes: new Map() });
    this.#client?.tell({ kind: "send", text });
  }

  #changeSome(end: ClientLife["end"]): void {
    const random = this.#random;
    const changes = changesFor[end?.point.split(":")[0] ?? ""];
    if (end !== undefined && changes !== undefined)
      for (let count = 0; count < end.count; count += 1) this.#change(random.pick(changes));
    else if (random.chance(CHANGE_CHANCE)) this.#change(random.pick(["edit", "park", "stop"]));
  }

  #change(how: Change): void {
    const into = `message ${this.#sent.size}`;
    this.#sent.set(into, { text: into, group: this.#group, kept: undefined, changes: new Map() });
    this.#client?.tell({ kind: "change", how, into });
  }

  async #startClient(end: ClientLife["end"]): Promise<void> {
    await this.#client?.kill();
    this.#group += 1;
    this.#client = this.#newClient(end);
    await this.#client.until("ready", READY_LIMIT_MS);
  }

  /** Killed and started again: what it sends is left to the client then, and it takes up what it finds. */
  async #startOther(): Promise<void> {
    await this.#other?.kill();
    this.#other = this.#newClient(undefined);
    await this.#other.until("ready", READY_LIMIT_MS);
  }

  #newClient(end: ClientLife["end"]): ClientProcess {
    const life = {
      home: this.#clientHome,
      serverUrl: `http://${this.#wires.http.address}`,
      grpcUrl: this.#wires.grpc.address,
      ...(end === undefined ? {} : { end }),
    };
    return new ClientProcess(life, (line) => this.#onLine(line));
  }

  #onLine(line: ClientLine): void {
    if (line.kind === "refused") this.#refused.push(`refused: ${line.text}: ${line.why}`);
    const sent = "text" in line ? this.#sent.get(line.text) : undefined;
    if (sent === undefined) return;
    if (line.kind === "kept") {
      sent.kept = this.#keptCount;
      this.#keptCount += 1;
    } else if (line.kind === "unchanged") sent.changes.delete(line.into);
    else if (line.kind === "changing") {
      sent.changes.set(line.into, line.how);
      if (line.how === "edit")
        this.#sent.set(line.into, {
          text: line.into,
          group: sent.group,
          kept: undefined,
          changes: new Map(),
        });
    }
  }

  async #restartServer(): Promise<void> {
    await this.#server.kill();
    this.#server = await startServer(this.#server.home, this.#model.url);
    this.#aim();
  }

  #aim(): void {
    this.#wires.http.target = new URL(this.#server.url).host;
    this.#wires.grpc.target = this.#server.grpcUrl;
  }

  async #signIn(serverHome: string): Promise<void> {
    const { accessToken, refreshToken } = await signIn(this.#server.url, join(serverHome, "server"));
    const claims = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString("utf8")) as {
      readonly sub: string;
      readonly exp: number;
    };
    const serverUrl = `http://${this.#wires.http.address}`;
    const store = createCredentialsFileTokenStore({
      home: this.#clientHome,
      serverUrl,
      ownServer: false,
      logger: createFakeLogger(),
    });
    await store.save({
      accessToken,
      refreshToken,
      accessExpiresAtMs: claims.exp * 1_000,
      refreshExpiresAtMs: Date.now() + 24 * 3_600_000,
      accountId: claims.sub,
      accountName: "chaos",
      local: true,
      serverUrl,
    });
  }

  async #askedTwice(): Promise<number> {
    const ends = await Promise.all(
      this.#model.requests.map(async ({ prompt, over }) => ({ prompt, how: await over })),
    );
    const finished = ends.filter(({ how }) => how === "complete").map(({ prompt }) => prompt);
    return finished.length - new Set(finished).size;
  }
}

function startServer(home: string, modelUrl: string): Promise<ServerProcess> {
  return startServerProcess({
    home,
    env: { PIPIT_MODEL_URL: modelUrl, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0", PIPIT_MODEL: "double" },
  });
}

function readTurns(home: string): readonly StoredTurn[] {
  using database = closing(new Database(join(home, "server", "pipit.db"), { readonly: true }));
  return database.value.prepare<[], StoredTurn>("SELECT * FROM turns ORDER BY chat_id, turn_index").all();
}

function closing(value: Database.Database): { readonly value: Database.Database } & Disposable {
  return { value, [Symbol.dispose]: () => value.close() };
}
