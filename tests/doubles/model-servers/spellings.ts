import { afterwards, DONE, finish, raw, refusal, sse, text, type Fixture } from "./fixture.ts";

const tooLong = [
  ["Moonshot", "Invalid request: Your request exceeded model token limit: 131072"],
  ["DashScope", "Range of input length should be [1, 30720]"],
  ["Zhipu", "Prompt exceeds max length"],
  ["Triton", "Prompt length (5000) exceeds maximum input length (4096)"],
  ["SGLang", "Input length 40000 exceeds the maximum allowed token length of 32768"],
  ["Qianfan", "the max input characters is 20000"],
  ["a cloud in China", "输入内容过长，超过模型最大上下文长度"],
] as const;

/** What servers say or write in other words, another language or another spelling of JSON. */
export const spellings: readonly Fixture[] = [
  ...tooLong.map(([server, message]): Fixture => ({
    server,
    quirk: `too long, in the words "${message.slice(0, 30)}"`,
    row: "F11",
    replies: [refusal(400, JSON.stringify({ error: { message, type: "invalid_request_error" } }))],
    ends: { error: ["PROMPT_TOO_LONG", ""] },
  })),
  {
    server: "a cloud in China",
    quirk: "a model without tools, in Chinese",
    row: "F5",
    asks: ["tools"],
    replies: [refusal(400, '{"error":{"message":"该模型不支持工具调用"}}'), afterwards],
    ends: { text: "Here it is." },
  },
  {
    server: "FastAPI",
    quirk: "tools that are named only as the place of the fault",
    row: "F5",
    asks: ["tools"],
    replies: [
      refusal(
        422,
        '{"detail":[{"type":"extra_forbidden","loc":["body","tools"],"msg":"Extra inputs are not permitted"}]}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is." },
  },
  {
    server: "a gateway in Python",
    quirk: "numbers that are none in JSON",
    row: "F7",
    replies: [
      sse(
        '{"choices":[{"delta":{"content":"NaN is "},"logprobs":{"a":NaN,"b":-Infinity}}]}',
        text("no number."),
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "NaN is no number." },
  },
  {
    server: "a gateway",
    quirk: "line feeds and tabs in a text as they are",
    row: "F7",
    replies: [
      raw(
        "text/event-stream",
        'data: {"choices":[{"delta":{"content":"one\ntwo\tthree"}}]}\n\n',
        `data: ${finish("stop")}\n\ndata: ${DONE}\n\n`,
      ),
    ],
    ends: { text: "one\ntwo\tthree" },
  },
  {
    server: "a proxy",
    quirk: "the name of the field twice",
    row: "F7",
    replies: [sse(`data: ${text("Hi")}`, `data: ${finish("stop")}`, `data: ${DONE}`)],
    ends: { text: "Hi" },
  },
  ...["[done]", '"[DONE]"'].map((end): Fixture => ({
    server: "a gateway",
    quirk: `an end that is spelt ${end}`,
    row: "F7",
    replies: [sse(text("Hi"), end)],
    ends: { text: "Hi" },
  })),
];
