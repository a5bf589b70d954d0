import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { openOutbox, type SqliteOutbox } from "#engine/node/files/sqlite-outbox.ts";
import { makeTempHome } from "#engine/node/testing/temp-home.ts";
import { jpeg } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness, type ChatHarness } from "#engine/testing/chat-harness.ts";
import { sized } from "#tests/testing/test-size.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { OnceServer, type Fault } from "#engine/testing/once-server.ts";

/** The same ways in every short run; at night others, whose seed a failure tells. */
const search = sized({ numRuns: 40, seed: 1 }, { numRuns: 400 });
/** Until then all is answered, also where files are read slowly; a message that is stuck never is. */
const DRAIN_LIMIT_MS = 40_000;

/** What a person does, and what befalls the programs and the server. `who`: which of two programs. */
type Command =
  | { readonly kind: "send"; readonly who: 0 | 1; readonly picture: boolean; readonly chat: "old" | "new" }
  | { readonly kind: "fault"; readonly fault: Fault }
  | { readonly kind: "crash"; readonly who: 0 | 1 }
  | { readonly kind: "resume" | "cancel" | "time"; readonly who: 0 | 1 }
  | { readonly kind: "edit" | "retry" | "drop" | "park"; readonly who: 0 | 1; readonly nth: number };

const who = fc.constantFrom<0 | 1>(0, 1);
const nth = fc.nat(5);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("send"),
      who,
      picture: fc.boolean(),
      chat: fc.constantFrom("old", "new"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fault"),
      fault: fc.constantFrom<Fault>("none", "once", "unreachable", "unheard", "broken", "model", "refused"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash"), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("resume", "cancel", "time"), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("edit", "retry", "drop", "park"), who, nth }) },
) as fc.Arbitrary<Command>;

/** A crash between the first answer of a new chat, which names it, and the second. */
const crashAfterName: readonly Command[] = [
  { kind: "fault", fault: "unreachable" },
  { kind: "send", who: 0, picture: false, chat: "new" },
  { kind: "send", who: 0, picture: true, chat: "old" },
  { kind: "fault", fault: "once" },
  { kind: "time", who: 0 },
  { kind: "crash", who: 0 },
];

/** The first message of a new chat, which the server has taken, is set aside before the server could name the chat. */
const parkedBeforeName: readonly Command[] = [
  { kind: "fault", fault: "unheard" },
  { kind: "send", who: 0, picture: false, chat: "new" },
  { kind: "time", who: 0 },
  { kind: "time", who: 0 },
  { kind: "park", who: 0, nth: 0 },
  { kind: "fault", fault: "none" },
  { kind: "send", who: 0, picture: false, chat: "old" },
];

/** What the person was told of a message, and whether it was taken back. */
interface Promised {
  readonly group: string | undefined;
  readonly order: number;
  gone: boolean;
  /** Parked once, hence out of order from then on. */
  late: boolean;
}

class World implements AsyncDisposable {
  readonly server = new OnceServer();
  readonly promised = new Map<string, Promised>();
  readonly #home: { readonly path: string };
  readonly #programs: { h: ChatHarness; outbox: SqliteOutbox }[] = [];
  readonly #chats: readonly string[];
  #count = 0;
  #chatCount = 0;
  /** What each program's new chat is called here until the server has named it. */
  readonly #unnamed = ["unnamed", "unnamed"];

  /** @param isShared both programs have the same chat on show */
  constructor(home: { readonly path: string }, isShared: boolean) {
    this.#home = home;
    this.#chats = ["chat-a", isShared ? "chat-a" : "chat-b"];
  }

  async start(index: number): Promise<void> {
    const outbox = await openOutbox({ home: this.#home.path, logger: createFakeLogger() });
    const h = createChatHarness({
      outbox,
      answer: (call, signal) => this.server.answer(call, signal),
      newId: () => `m${(this.#count += 1)}`,
    });
    h.engine.openChat(this.#chats[index] ?? "", []);
    await h.engine.resume();
    this.#programs[index] = { h, outbox };
  }

  async run(step: Command): Promise<void> {
    if (step.kind === "fault") {
      this.server.fault = step.fault;
      return;
    }
    const { h } = this.#at(step.who);
    switch (step.kind) {
      case "send":
        return await this.#send(h, step.who, step);
      case "crash":
        await this.#stop(step.who);
        return await this.start(step.who);
      case "resume":
        return await h.engine.resume();
      case "time":
        h.clock.advance(70_000);
        return await breathe();
      case "cancel":
        this.#takeBack(h.state().activeMessageId);
        return await h.engine.cancel();
      default:
        return await this.#change(h, step.kind, step.nth);
    }
  }

  /** Nothing fails any more; parked messages are sent by hand. */
  async drain(): Promise<void> {
    this.server.fault = "none";
    const endMs = performance.now() + DRAIN_LIMIT_MS;
    while (performance.now() < endMs) {
      for (const { h, outbox } of this.#programs) {
        h.clock.advance(70_000);
        await h.engine.resume();
        await breathe();
        for (const { clientMessageId: id, state } of await outbox.list("ann"))
          if (state.kind === "parked") await this.#retry(h, id);
        await breathe();
      }
      if ((await this.#at(0).outbox.list("ann")).length === 0) return;
      // Files are read beside the event loop.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error(`not answered: ${JSON.stringify(await this.#at(0).outbox.list("ann"))}`);
  }

  /** What was kept and not taken back is answered, once, in order, in one chat. */
  faults(): readonly string[] {
    const { done, wrong } = this.server;
    const due = [...this.promised].filter(([, { gone }]) => !gone);
    const lost = due.filter(([id]) => !done.has(id)).map(([id]) => `lost: ${id}`);
    const answered = [...done.keys()];
    const inOrder = due.filter(([id, { late }]) => !late && done.has(id));
    const disorder = inOrder.filter(([id, { group, order }]) =>
      inOrder.some(
        ([other, before]) =>
          before.group === group && before.order < order && answered.indexOf(other) > answered.indexOf(id),
      ),
    );
    const scattered = [...Map.groupBy(due, ([, { group }]) => group).values()].filter(
      (group) => new Set(group.map(([id]) => done.get(id))).size > 1,
    );
    return [
      ...wrong,
      ...lost,
      ...disorder.map(([id]) => `out of order: ${id}`),
      ...scattered.map((group) => `scattered: ${group.map(([id]) => id).join(", ")}`),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const index of [0, 1]) await this.#stop(index);
  }

  #at(index: number): { h: ChatHarness; outbox: SqliteOutbox } {
    const program = this.#programs[index];
    if (program === undefined) throw new Error(`program ${index} does not run`);
    return program;
  }

  async #stop(index: number): Promise<void> {
    const { h, outbox } = this.#at(index);
    await h.engine[Symbol.asyncDispose]();
    await outbox[Symbol.asyncDispose]();
  }

  async #send(h: ChatHarness, index: 0 | 1, step: Command & { kind: "send" }): Promise<void> {
    if (step.chat === "new") {
      h.engine.newChat();
      this.#chatCount += 1;
      this.#unnamed[index] = `unnamed ${this.#chatCount}`;
    }
    const group = h.state().chatId ?? this.#unnamed[index];
    const image = step.picture ? { image: jpeg() } : {};
    const id = await h.engine.send({ text: `text ${this.#count}`, ...image });
    const order = this.promised.size;
    this.promised.set(id, { group, order, gone: false, late: false });
    await breathe();
  }

  async #change(h: ChatHarness, kind: "edit" | "retry" | "drop" | "park", at: number): Promise<void> {
    const open = h
      .state()
      .messages.filter((m) => m.role === "user")
      .filter(({ status }) => status.kind === "queued" || status.kind === "failed");
    const question = open[at];
    if (question === undefined) return;
    if (kind === "retry") return await this.#retry(h, question.id);
    if (kind === "park") {
      this.#late(question.id);
      return await h.engine.park(question.id).catch(ignoreGone);
    }
    const before = this.promised.get(question.id);
    if (kind === "edit") {
      const id = await h.engine.editAndResend(question.id, "edited").catch(ignoreGone);
      if (id === undefined || before === undefined) return;
      this.promised.set(id, { ...before, gone: false, late: true });
    } else await h.engine.discard(question.id).catch(ignoreGone);
    this.#takeBack(question.id);
    await breathe();
  }

  async #retry(h: ChatHarness, id: string): Promise<void> {
    this.#late(id);
    await h.engine.retry(id).catch(ignoreGone);
  }

  #late(id: string): void {
    const promised = this.promised.get(id);
    if (promised !== undefined) promised.late = true;
  }

  #takeBack(id: string | undefined): void {
    const promised = id === undefined ? undefined : this.promised.get(id);
    if (promised !== undefined) promised.gone = true;
  }
}

/** Another program may have settled it between the look and the click. */
function ignoreGone(reason: unknown): undefined {
  if (!(reason instanceof PipitError) || reason.code !== "INVALID_REQUEST") throw reason;
}

/** Lets files be written, and everything that waits for nothing but the event loop happen. */
async function breathe(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe("two programs on one home, whatever is done to them", () => {
  test(
    "CMR-D1 to D6: nothing kept is lost, doubled, out of order, at once, or scattered",
    { timeout: sized(120_000, 1_200_000) },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 25 }), fc.boolean(), async (steps, isShared) => {
          await using home = await makeTempHome();
          await using world = new World(home, isShared);
          await world.start(0);
          await world.start(1);
          for (const step of steps) await world.run(step);
          await world.drain();
          expect(world.faults()).toEqual([]);
        }),
        {
          ...search,
          examples: [
            [[...crashAfterName], false],
            [[...parkedBeforeName], false],
          ],
        },
      );
    },
  );
});
