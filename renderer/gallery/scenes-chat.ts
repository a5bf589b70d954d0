import { picture } from "./sample-picture.ts";
import type { AssistantMessage, Failure, Message } from "#contract/chat-state.ts";
import { answer, longChat, question } from "./messages.ts";
import type { ScriptedBridge } from "./scripted-bridge.ts";
import { keepMemories } from "./scripted-memories.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const offline: Failure = { code: "SERVER_UNREACHABLE", message: "The server is not there.", retryable: true };
const refused: Failure = { code: "MODEL_MISSING", message: "There is no model.", retryable: false };

/** States of the conversation and the composer. */
export const chatScenes: Readonly<Record<string, (bridge: ScriptedBridge) => void>> = {
  "chat-links": (bridge) =>
    bridge.chat.setState({
      title: "Weather",
      messages: [
        question("q1", "Where do I find the weather?"),
        answer(
          "a1",
          "q1",
          "See [the weather](https://evil.example/?leak=SECRET), or the docs at https://example.org/docs",
        ),
      ],
    }),
  "chat-states": (bridge) => show(bridge, everyState()),
  "chat-tools": (bridge) =>
    show(bridge, [question("q1", "What did we say about the boat?"), withTools("a1", "q1")]),
  "chat-remembered": (bridge) => {
    keepMemories(bridge);
    show(bridge, [
      question("q1", "I live in Lisbon. What is the weather like?"),
      { ...answer("a1", "q1", "Sunny."), remembered: [{ id: "m3", text: "I live in Lisbon" }] },
    ]);
  },
  "chat-reasoning": (bridge) =>
    show(bridge, [
      question("q1", "How many r are there in strawberry?"),
      {
        ...answer("a1", "q1", ""),
        parts: [
          { kind: "reasoning", text: "s-t-r-a-w-b-e-r-r-y.\n\nThat is one r, then two more." },
          { kind: "text", text: "There are **three**." },
        ],
      },
    ]),
  "chat-branches": (bridge) => {
    bridge.answers.deleteMessage = () => true;
    bridge.answers.switchBranch = (input) => show(bridge, branches((input as { index: number }).index));
    show(bridge, branches(1));
  },
  "chat-streaming": (bridge) => {
    show(bridge, [
      question("q1", "Tell me about Oslo", { status: { kind: "sending" } }),
      answer("a1", "q1", "Oslo lies at the end of a long fjord.", { status: "streaming" }),
    ]);
    bridge.chat.setState({ activeMessageId: "q1" });
  },
  "chat-waiting": (bridge) => {
    show(bridge, [question("q1", "Tell me about Oslo", { status: { kind: "sending" } })]);
    bridge.chat.setState({ activeMessageId: "q1" });
  },
  "chat-days": (bridge) => show(bridge, threeDays()),
  "chat-rtl": (bridge) =>
    show(bridge, [
      question("q1", "ما هي عاصمة النرويج؟"),
      answer("a1", "q1", "أوسلو هي عاصمة النرويج."),
      question("q2", "Read \u202Egnp.tac\u202C\u202E please"),
      answer("a2", "q2", "The name is written backwards."),
    ]),
  "chat-long": (bridge) => show(bridge, longChat(10_000)),
  "chat-200": (bridge) => show(bridge, longChat(200)),
  "chat-picture": (bridge) => {
    const image = { widthPx: 320, heightPx: 200, sizeBytes: 4_321 };
    bridge.answers.messageImage = () => picture(320, 200);
    show(bridge, [question("q1", "What is this?", { image }), answer("a1", "q1", "A plain surface.")]);
  },
  "chat-files": (bridge) => {
    const file = {
      name: "Annual report.pdf",
      mediaType: "application/pdf",
      sizeBytes: 2_345_678,
      pages: 130,
      cut: true,
    };
    const files = [
      { ...file, chars: 200_000 },
      { name: "Заметки о рыбах.docx", mediaType: "text/plain", sizeBytes: 12_345, chars: 900, cut: false },
      {
        name: `${"a-very-long-name-".repeat(6)}.csv`,
        mediaType: "text/plain",
        sizeBytes: 900,
        chars: 900,
        cut: false,
      },
    ];
    bridge.answers.messageFiles = () => files.map((each) => ({ ...each, text: `The text of ${each.name}` }));
    show(bridge, [question("q1", "What is in these?", { files }), answer("a1", "q1", "Fish, mostly.")]);
  },
  "chat-signed-out": (bridge) => {
    bridge.auth.setState({ kind: "signed-out", reason: "logout" }, true);
    show(bridge, [question("q1", "What is 18% of 2400?"), answer("a1", "q1", "432")]);
  },
  "chat-no-screen": (bridge) =>
    bridge.app.setState(({ features }) => ({
      features: { ...features, screenshot: { available: false, reason: "browser-cannot" } },
    })),
  "chat-never-screen": (bridge) =>
    bridge.app.setState(({ settings }) => ({ settings: { ...settings, screenshot: "never" } })),
};

function show(bridge: ScriptedBridge, messages: readonly Message[]): void {
  bridge.chat.setState({ title: "A chat", messages });
}

function everyState(): readonly Message[] {
  return [
    question("q1", "Stopped question", { status: { kind: "cancelled" } }),
    question("q2", "Answer that broke"),
    answer("a2", "q2", "It began well, and then", { status: "interrupted" }),
    question("q3", "Answer that was stopped"),
    answer("a3", "q3", "A long story begins", { status: "cancelled" }),
    question("q4", "Answer that failed"),
    answer("a4", "q4", "Half of it", { status: "failed", failure: refused }),
    question("q5", "Refused question", { status: { kind: "failed", failure: refused } }),
    question("q6", "Waiting question", { status: { kind: "queued", reason: offline } }),
    question("q7", "Next question", { status: { kind: "queued" } }),
  ];
}

function branches(index: number): readonly Message[] {
  const branch = { index, count: 3, turnIds: ["t1", "t2", "t3"] };
  const [asked = "", said = ""] =
    [
      ["Name a capital of the north", "Oslo."],
      ["Name a capital of the south", "Canberra."],
      ["Name a capital of the south", "Wellington."],
    ][index] ?? [];
  const id = `q${index + 1}`;
  return [
    question("q0", "Are you there?"),
    answer("a0", "q0", "Yes."),
    question(id, asked, { turnId: `t${index + 1}`, branch }),
    answer(`a${index + 1}`, id, said),
  ];
}

function threeDays(): readonly Message[] {
  const nowMs = Date.now();
  return [
    question("q1", "Long ago", { createdAtMs: nowMs - 400 * dayMs }),
    answer("a1", "q1", "Yes.", { createdAtMs: nowMs - 400 * dayMs }),
    question("q2", "The day before", { createdAtMs: nowMs - dayMs }),
    answer("a2", "q2", "Yes.", { createdAtMs: nowMs - dayMs }),
    question("q3", "Just now", { createdAtMs: nowMs }),
    answer("a3", "q3", "Yes.", { createdAtMs: nowMs }),
  ];
}

function withTools(id: string, replyTo: string): AssistantMessage {
  return {
    ...answer(id, replyTo, ""),
    parts: [
      { kind: "tool", callId: "1", name: "search_history", state: "done", summary: "Searched 3 chats" },
      { kind: "tool", callId: "2", name: "calculator", state: "failed", summary: "2 / 0" },
      { kind: "tool", callId: "3", name: "clock", state: "started", summary: "" },
      { kind: "text", text: "You wanted to paint it **blue**." },
      { kind: "notice", code: "VOICE_MISSING", text: "No voice for this language is installed." },
    ],
  };
}
