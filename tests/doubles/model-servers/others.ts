import { afterwards, DONE, finish, raw, sse, text, type Fixture } from "./fixture.ts";

/** Answers in the ways of servers that have no file of their own. */
export const others: readonly Fixture[] = [
  {
    server: "Copilot",
    quirk: "thoughts in a field of its own",
    row: "F13",
    replies: [
      sse('{"choices":[{"index":0,"delta":{"reasoning_text":"Hm."}}]}', text("Yes."), finish("stop"), DONE),
    ],
    ends: { text: "Yes.", reasoning: "Hm." },
  },
  {
    server: "OpenRouter",
    quirk: "thoughts as details only, a summary among them",
    row: "F13",
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"content":"","reasoning_details":[{"type":"reasoning.text","text":"Hm"},{"type":"reasoning.summary","summary":"."},{"type":"reasoning.encrypted","data":"AA=="}]}}]}',
        text("Yes."),
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Yes.", reasoning: "Hm." },
  },
  {
    server: "Together",
    quirk: "an end named eos",
    row: "F9",
    issue: "openai/openai-dotnet#267",
    asks: ["tools"],
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"calculator","arguments":"{\\"expression\\":\\"7\\"}"}}]}}]}',
        finish("eos"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "7" }]] },
  },
  {
    server: "TGI",
    quirk: "an end named eos_token in a form before chats",
    row: "F9",
    issue: "huggingface/text-generation-inference#2344",
    replies: [
      sse(
        '{"object":"text_completion","choices":[{"index":0,"text":"Hi"}]}',
        '{"object":"text_completion","choices":[{"index":0,"text":"","finish_reason":"eos_token"}]}',
        DONE,
      ),
    ],
    ends: { text: "Hi" },
  },
  {
    server: "a gateway",
    quirk: "an end named tool_calls without a call",
    row: "F9",
    asks: ["tools"],
    replies: [sse(text("None."), finish("tool_calls"), DONE)],
    ends: { text: "None." },
  },
  {
    server: "Gemini",
    quirk: "ends that are filters in capitals",
    row: "F12",
    replies: [sse(text("It is"), finish("SAFETY"), DONE)],
    ends: { text: "It is", notices: ["ANSWER_FILTERED"] },
  },
  {
    server: "Gemini",
    quirk: "an end that is a limit in capitals",
    row: "F12",
    replies: [sse(text("It is"), finish("MAX_TOKENS"), DONE)],
    ends: { text: "It is", notices: ["ANSWER_CUT"] },
  },
  {
    server: "a gateway",
    quirk: "a filter before the first word",
    row: "F12",
    replies: [sse(finish("content_filter"), DONE)],
    ends: { error: ["MODEL_FAILED", "content filter"] },
  },
  {
    server: "DeepSeek",
    quirk: "empty lines while it waits, in front of a whole answer",
    row: "F6",
    replies: [
      raw("application/json", "\n\n", "\n\n", '{"choices":[{"index":0,"message":{"content":"Hi"}}]}'),
    ],
    ends: { text: "Hi" },
  },
  {
    server: "Anthropic",
    quirk: "pings as events",
    row: "F6",
    replies: [
      raw(
        "text/event-stream",
        'event: ping\ndata: {"type": "ping"}\n\n',
        `event: chunk\ndata: ${text("Hi")}\n\nevent: ping\ndata: {}\n\n`,
        `data: ${finish("stop")}\n\n`,
      ),
    ],
    ends: { text: "Hi" },
  },
  ...[
    ["JSON inside of JSON", String.raw`"\"{\\\"expression\\\":\\\"6\\\"}\""`, { expression: "6" }],
    ["null", "null", {}],
    ["the word null", '"null"', {}],
  ].map(([what, json, input]): Fixture => ({
    server: "a gateway",
    quirk: `arguments that are ${String(what)}`,
    row: "F8",
    asks: ["tools"],
    replies: [
      sse(
        `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"calculator","arguments":${String(json)}}}]}}]}`,
        finish("tool_calls"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", input]] },
  })),
];
