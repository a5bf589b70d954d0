import { describe, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { databases } from "#server/testing/databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { refuse, say, stream, type ChatRequest, type Reply } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { contentOf, GrpcJsClient } from "../server-clients.ts";
import { startTestServer } from "../start-test-server.ts";

const LONG = "word ".repeat(800);
const FACT = "My boat is called Heron.";
const LATER_FACT = "My cat is called Mole.";

/** As a language model does: of what it reads, it keeps the facts. */
function summaryOf({ prompt }: ChatRequest): string {
  return [FACT, LATER_FACT].filter((fact) => prompt.includes(fact)).join(" ");
}

const isSummary = ({ prompt }: ChatRequest): boolean => prompt.startsWith("<chat-");
const textsOf = (request: ChatRequest | undefined): string => JSON.stringify(request?.messages);

/** A server on a database, whose model tells long answers, and one chat on it. */
async function openStage(database: "SQLite" | "PostgreSQL") {
  await using starting = new AsyncDisposableStack();
  const logger = createRecordingLogger();
  let failures = 1;
  const model = starting.use(
    await startOpenAiDouble((request): Reply => {
      if (!isSummary(request)) return stream(say(LONG));
      failures -= 1;
      return failures < 0 ? stream(say(summaryOf(request))) : refuse(500, "Out of order");
    }),
  );
  const config = { model: { url: model.url, ollamaUrl: "http://127.0.0.1:9" } };
  const server = starting.use(await startTestServer({ database, config, deps: { logger } }));
  const grpc = starting.use(new GrpcJsClient(server.grpcUrl));
  const authorization = `Bearer ${server.accessToken}`;
  let chatId: string | undefined;
  /** What the model was told with the question; `news`: the person was told of a summary. */
  async function ask(prompt: string, parentTurnId?: string) {
    const fields = { prompt, hardwareId: "mac", speak: false, clientMessageId: crypto.randomUUID() };
    const place = {
      ...(chatId !== undefined && { chatId }),
      ...(parentTurnId !== undefined && { parentTurnId }),
    };
    const { messages, details } = await grpc.call(
      StreamingService.method.streamAudio,
      { ...fields, ...place },
      { authorization },
    );
    expect(details).toBe("");
    const turn = contentOf(messages, "turn");
    ({ chatId } = turn);
    const notices = messages.flatMap(({ content }) =>
      content.case === "notice" ? [content.value.code] : [],
    );
    const asked = model.requests.findLast((request) => request.prompt === prompt);
    return {
      chatId,
      turnId: turn.turnId,
      told: textsOf(asked),
      isNews: notices.includes("EARLIER_SUMMARISED"),
    };
  }
  async function get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${server.httpUrl}/v1/chats/${chatId}${path}`, {
      headers: { authorization },
    });
    return { status: response.status, text: await response.text() };
  }
  const remove = (turnId: string) =>
    fetch(`${server.httpUrl}/v1/chats/${chatId}/turns/${turnId}`, {
      method: "DELETE",
      headers: { authorization },
    });
  const owned = starting.move();
  return {
    model,
    logger,
    ask,
    get,
    remove,
    async askTimes(count: number, about: string) {
      for (let n = 0; n < count; n += 1) await ask(`${about} ${n}`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe.each(databases)(
  "[23] a chat that is longer than what goes with a question, on $name",
  ({ name }) => {
    test("keeps a fact of its first turn, on its own branch, after a failure too, and no longer than the turns", async () => {
      await using stage = await openStage(name);
      const { model, logger, ask, askTimes, get } = stage;
      const first = await ask(FACT);
      const second = await ask(LATER_FACT);
      // With the fourth of these it is too long; the first summary fails.
      await askTimes(4, "filler");
      await expect
        .poll(() => logger.lines.map(({ event }) => event))
        .toContain("chat could not be summarised");
      expect((await get("/summary")).status).toBe(404);
      expect((await ask("And now?")).told).not.toContain("Heron");

      await expect.poll(async () => (await get("/summary")).text).toContain(FACT);
      const next = await ask("What is my boat called?");
      expect(next.told).toContain(FACT);
      expect(next.told).not.toContain(`"content":"${FACT}"`);
      expect(next.isNews).toBe(true);
      expect((await ask("Are you sure?")).isNews).toBe(false);

      // It goes on from what it was: the first turns are not read again.
      const made = model.requests.filter(isSummary).length;
      await askTimes(6, "more");
      await expect.poll(() => model.requests.filter(isSummary).length).toBeGreaterThan(made);
      const goingOn = model.requests.filter(isSummary)[made];
      expect(goingOn?.prompt).toContain(`summary: ${FACT} ${LATER_FACT}`);
      expect(goingOn?.prompt).not.toContain(`user: ${FACT}`);
      expect((await ask("And my boat?")).told).toContain(FACT);

      // Another branch has nothing of this one.
      expect((await ask("What else?", first.turnId)).told).not.toContain("Mole");

      const { text: exported } = await get("/export?format=markdown");
      expect(exported).toContain(FACT);
      expect((await stage.remove(second.turnId)).status).toBe(204);
      expect(await get(`/summary?before=${next.turnId}`)).toMatchObject({ status: 404 });
    });
  },
);
