import { afterwards, DONE, finish, raw, sse, text, type Fixture } from "./fixture.ts";

const call =
  '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"calculator","arguments":"{\\"expression\\":\\"6\\"}"}}]}}]}';

/** How servers say that they live, that they are done, and why, in places and words of their own. */
export const endings: readonly Fixture[] = [
  {
    server: "llama.cpp",
    quirk: "how far it has read the prompt, as chunks without a choice",
    row: "F6",
    replies: [
      sse(
        '{"choices":[],"prompt_progress":{"total":4096,"cache":0,"processed":512,"time_ms":900}}',
        '{"choices":[],"prompt_progress":{"total":4096,"cache":0,"processed":4096,"time_ms":7200}}',
        text("Read."),
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Read." },
  },
  {
    server: "a gateway",
    quirk: "events of life with a time in them, behind which it breaks off",
    row: "F6",
    replies: [
      raw(
        "text/event-stream",
        "event: heartbeat\ndata: 2025-11-29T10:00:00Z\n\n",
        `data: ${text("Half")}\n\n`,
        "event: keep-alive\ndata: still working\n\n",
        "event: ping\ndata: 1764410400\n\n",
      ),
    ],
    ends: { text: "Half", error: ["MODEL_FAILED", "broke off"] },
  },
  {
    server: "a proxy",
    quirk: "empty data, null and nothing but the name of a field",
    row: "F6",
    replies: [
      raw(
        "text/event-stream",
        "data:\n\ndata: null\n\ndata\n\n",
        `data: ${text("Hi")}\n\ndata: \n\ndata: ""\n\n`,
        `data: ${finish("stop")}\n\n`,
      ),
    ],
    ends: { text: "Hi" },
  },
  {
    server: "Vertex AI",
    quirk: "the reason of the end in camel case",
    row: "F9",
    asks: ["tools"],
    replies: [sse(call, '{"choices":[{"index":0,"delta":{},"finishReason":"STOP"}]}'), afterwards],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "6" }]] },
  },
  {
    server: "a gateway",
    quirk: "the reason of the end beside the choices",
    row: "F9",
    replies: [sse(text("All."), '{"choices":[{"index":0,"delta":{}}],"finish_reason":"stop"}')],
    ends: { text: "All." },
  },
  {
    server: "mistral.rs",
    quirk: "the reason of the end as an object",
    row: "F9",
    replies: [sse(text("All."), '{"choices":[{"index":0,"delta":{},"finish_reason":{"type":"eos_token"}}]}')],
    ends: { text: "All." },
  },
  {
    server: "Ollama",
    quirk: "done as of its own protocol",
    row: "F9",
    replies: [
      sse(text("All."), '{"choices":[{"index":0,"delta":{"content":""}}],"done":true,"done_reason":"stop"}'),
    ],
    ends: { text: "All." },
  },
  ...(
    [
      ["Vercel AI Gateway", "length with a hyphen", '"finish_reason":"max-tokens"', "ANSWER_CUT"],
      ["Vertex AI", "a limit in camel case", '"finishReason":"MAX_TOKENS"', "ANSWER_CUT"],
      [
        "Anthropic",
        "a limit under its own name",
        '"finish_reason":null,"stop_reason":"max_tokens"',
        "ANSWER_CUT",
      ],
      ["Cohere", "a limit that is called an error", '"finish_reason":"ERROR_LIMIT"', "ANSWER_CUT"],
      ["a gateway", "a limit of new tokens", '"finish_reason":"max_new_tokens"', "ANSWER_CUT"],
      ["Vercel AI Gateway", "a filter with a hyphen", '"finish_reason":"content-filter"', "ANSWER_FILTERED"],
      ["Gemini", "a filter of personal data", '"finish_reason":"SPII"', "ANSWER_FILTERED"],
    ] as const
  ).map(([server, quirk, reason, notice]): Fixture => ({
    server,
    quirk,
    row: "F12",
    replies: [sse(text("It is"), `{"choices":[{"index":0,"delta":{},${reason}}]}`, DONE)],
    ends: { text: "It is", notices: [notice] },
  })),
];
