/** Numbers that are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const words = "weather Москва deploy 病院 server ё Atlas 🌳 budget garden train письмо".split(" ");

function idOf(kind: string, number: number): string {
  const hex = Buffer.from(`${kind}${number}`).toString("hex").padStart(32, "0").slice(-32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
}

/**
 * A conversation as `conversations.json` of ChatGPT has it: a root without a message, a hidden system message, questions
 * and answers, a call of a tool, and every third question answered twice.
 */
export function chatGptConversation(number: number, questions = 3): Record<string, unknown> {
  const roll = dice(number + 1);
  const text = () => Array.from({ length: 3 + roll(12) }, () => words[roll(words.length)]).join(" ");
  const conversation = idOf("conversation", number);
  const mapping: Record<string, { children: string[] } & Record<string, unknown>> = {};
  let nodes = 0;
  let atSeconds = 1_700_000_000 + number * 1_000;
  const add = (parent: string | null, name: string, message: object | null): string => {
    const id = idOf(`${number}-${name}-`, (nodes += 1));
    mapping[id] = { id, message: message === null ? null : { id, ...message }, parent, children: [] };
    if (parent !== null) mapping[parent]?.children.push(id);
    return id;
  };
  const said = (role: string, content: object, over: object = {}) => ({
    author: { role, name: null, metadata: {} },
    create_time: (atSeconds += 1.25),
    update_time: null,
    content,
    status: "finished_successfully",
    end_turn: true,
    weight: 1,
    recipient: "all",
    metadata: role === "assistant" ? { model_slug: "gpt-4o" } : {},
    ...over,
  });
  const plain = (...parts: unknown[]) => ({ content_type: "text", parts });
  const root = add(null, "root", null);
  let last = add(root, "system", {
    ...said("system", plain("")),
    create_time: null,
    metadata: { is_visually_hidden_from_conversation: true },
  });
  for (let question = 0; question < questions; question += 1) {
    last = add(last, "user", said("user", plain(text())));
    if (question % 3 === 0) add(last, "first", said("assistant", plain(text())));
    if (question % 3 === 1) {
      const code = { content_type: "code", language: "python", text: "print(6 * 7)" };
      last = add(last, "call", said("assistant", code, { recipient: "python" }));
      last = add(last, "result", said("tool", { content_type: "execution_output", text: "42" }));
    }
    last = add(last, "answer", said("assistant", plain(text())));
  }
  return {
    title: `ChatGPT ${number}`,
    create_time: 1_700_000_000 + number * 1_000,
    update_time: atSeconds,
    mapping,
    moderation_results: [],
    current_node: last,
    plugin_ids: null,
    conversation_id: conversation,
    id: conversation,
    is_archived: number % 5 === 0,
  };
}

/** A conversation as `conversations.json` of Claude has it: with blocks, thoughts, a tool, and an attached file. */
export function claudeConversation(number: number, questions = 3): Record<string, unknown> {
  const roll = dice(number + 7_001);
  const text = () => Array.from({ length: 3 + roll(12) }, () => words[roll(words.length)]).join(" ");
  let atMs = Date.UTC(2025, 0, 1) + number * 1_000_000;
  const at = () => new Date((atMs += 1_000)).toISOString().replace("Z", "000+00:00");
  const created = at();
  const messages = Array.from({ length: questions * 2 }, (_, index) => {
    const isQuestion = index % 2 === 0;
    const body = text();
    const blocks = isQuestion
      ? [{ type: "text", text: body }]
      : [
          { type: "thinking", thinking: "Let me think." },
          { type: "tool_use", id: `call-${index}`, name: "web_search", input: { query: "weather" } },
          {
            type: "tool_result",
            tool_use_id: `call-${index}`,
            name: "web_search",
            content: [],
            is_error: false,
          },
          { type: "text", text: body },
        ];
    const file = {
      file_name: "notes.txt",
      file_size: 11,
      file_type: "txt",
      extracted_content: "hello notes",
    };
    return {
      uuid: idOf(`claude-${number}-`, index),
      text: body,
      content: index === 2 ? [] : blocks,
      sender: isQuestion ? "human" : "assistant",
      created_at: at(),
      updated_at: at(),
      attachments: index === 0 ? [file] : [],
      files: index === 2 ? [{ file_name: "photo.png" }] : [],
    };
  });
  return {
    uuid: idOf("claude", number),
    name: `Claude ${number}`,
    created_at: created,
    updated_at: at(),
    account: { uuid: idOf("account", 1) },
    chat_messages: messages,
  };
}

/** An export of so many conversations. */
export function exportOf(conversation: (number: number) => object, count: number): string {
  return JSON.stringify(Array.from({ length: count }, (_, number) => conversation(number)));
}
