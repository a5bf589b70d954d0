import { expect, test } from "vitest";
import { answerText, type Message } from "#contract/chat-state.ts";
import { createHistoryClient } from "#engine/history/history-client.ts";
import { row } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness, type ChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { createTreeServer } from "#engine/testing/tree-server.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

// One chat in two programs that do not know of each other, on two machines: none hears what the other does.

const answers = (messages: readonly Message[]) =>
  messages.flatMap((message) => (message.role === "assistant" ? [answerText(message)] : []));

/** A chat "a", "b", of which "b" was asked twice: shown here, and able to be opened elsewhere. */
async function opened() {
  const server = createTreeServer();
  const start = (more: Parameters<typeof createChatHarness>[0] = {}): ChatHarness => {
    const h = createChatHarness({ answer: server.answer, newId: () => crypto.randomUUID(), ...more });
    h.http.answer((request) => server.http(request));
    return h;
  };
  const here = start();
  const ask = async (h: ChatHarness, text: string) => {
    await h.engine.send({ text });
    await h.engine.idle();
    await settle();
  };
  await ask(here, "a");
  await ask(here, "b");
  const { id = "" } = last(here) ?? {};
  await here.engine.regenerate(id);
  await here.engine.idle();
  const openElsewhere = async (more?: Parameters<typeof start>[0]) => {
    const h = start(more);
    const stored = createHistoryClient(h.http).messages("chat", new AbortController().signal);
    h.engine.openChat("chat", await stored);
    return h;
  };
  return { server, here, ask, openElsewhere };
}

const last = (h: ChatHarness) => h.state().messages.findLast((message) => message.role === "user");

test.each<
  [string, (there: ChatHarness, ask: (h: ChatHarness, text: string) => Promise<void>) => Promise<unknown>]
>([
  ["asks", (there, ask) => ask(there, "c")],
  ["shows another branch", (there) => there.engine.switchBranch(last(there)?.id ?? "", 0)],
  ["deletes the last exchange", (there) => there.engine.deleteMessage(last(there)?.id ?? "")],
])("CMR-D8: when another program %s, the next answer comes with what the model saw", async (_, act) => {
  const { server, here, ask, openElsewhere } = await opened();
  await act(await openElsewhere(), ask);
  await ask(here, "d");
  expect(answers(here.state().messages)).toEqual(server.shown());
});

test("CMR-D8: a message that was answered on a branch that is hidden by now does not stand on the path", async () => {
  const { server, here, openElsewhere } = await opened();
  const again = { ...row(last(here)?.id ?? "", "chat"), text: "b", parentTurnId: "t1" };
  await here.engine.switchBranch(again.clientMessageId, 0);
  const there = await openElsewhere({ outbox: createMemoryOutbox([again]) });
  await there.engine.resume();
  await there.engine.idle();
  await settle();
  expect(answers(there.state().messages)).toEqual(server.shown());
  expect(await there.queued()).toEqual([]);
});
