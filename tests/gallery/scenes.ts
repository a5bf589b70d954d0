import type { AssistantMessage, Message, UserMessage } from "#contract/chat-state.ts";
import type { ScriptedBridge } from "./scripted-bridge.ts";

/** Named states of the window. Add one here for each state that a test, a benchmark or a picture needs. */
export const scenes: Readonly<Record<string, (bridge: ScriptedBridge) => void>> = {
  empty: () => undefined,
  conversation: (bridge) =>
    bridge.chat.setState({
      title: "A weekend in Oslo",
      messages: [
        question("q1", "What is 18% of 2400?"),
        answer("a1", "q1", "18% of 2400 is **432**.\n\n```ts\nconst tip = 0.18 * 2400;\n```"),
      ],
    }),
  "signed-out": (bridge) => bridge.auth.setState({ kind: "signed-out", reason: "never" }, true),
  "first-run": (bridge) => {
    bridge.auth.setState({ kind: "signed-out", reason: "never" }, true);
    bridge.app.setState(({ settings }) => ({ settings: { ...settings, firstRunDone: false } }));
  },
  offline: (bridge) => bridge.chat.setState({ connection: "offline", queuedCount: 2 }),
};

export function question(id: string, text: string, rest: Partial<UserMessage> = {}): UserMessage {
  return { role: "user", id, text, createdAtMs: 1_790_000_000_000, status: { kind: "answered" }, ...rest };
}

export function answer(
  id: string,
  replyTo: string,
  text: string,
  rest: Partial<AssistantMessage> = {},
): AssistantMessage {
  return {
    role: "assistant",
    id,
    replyTo,
    parts: [{ kind: "text", text }],
    status: "done",
    replayed: false,
    createdAtMs: 1_790_000_000_000,
    ...rest,
  };
}

/** `count` messages, question and answer in turn. */
export function longChat(count: number): readonly Message[] {
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0
      ? question(`m${index}`, `Question number ${index}`)
      : answer(`m${index}`, `m${index - 1}`, `Answer number ${index} with some **bold** text and \`code\`.`),
  );
}
