import { afterwards, DONE, finish, raw, refusal, sse, text, type Fixture } from "./fixture.ts";

const server = "llama.cpp";

export const llamaCpp: readonly Fixture[] = [
  {
    server,
    quirk: "usage in a chunk of its own with no choice in it, and timings beside it",
    row: "F7",
    issue: "ggml-org/llama.cpp#16048",
    replies: [
      sse(
        text("Hi"),
        finish("stop"),
        '{"choices":[],"created":1758108431,"id":"chatcmpl-C","model":"google/gemma-3-1b-it-qat-q4_0","system_fingerprint":"b6497-cd08fc3e","object":"chat.completion.chunk","usage":{"completion_tokens":31,"prompt_tokens":75,"total_tokens":106},"timings":{"cache_n":0,"prompt_n":75,"prompt_ms":180.025,"predicted_n":31}}',
        DONE,
      ),
    ],
    ends: { text: "Hi", tokens: [75, 31] },
  },
  {
    server,
    quirk: "no usage but timings",
    row: "F3",
    issue: "ggml-org/llama.cpp#12102",
    replies: [
      sse(
        text("Hi"),
        '{"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"timings":{"prompt_n":12,"predicted_n":5,"predicted_ms":87.4}}',
        DONE,
      ),
    ],
    ends: { text: "Hi", tokens: [12, 5] },
  },
  {
    server,
    quirk: "arguments as an object",
    row: "F8",
    issue: "ggml-org/llama.cpp#20198",
    asks: ["tools"],
    replies: [
      raw(
        "application/json; charset=utf-8",
        '{"choices":[{"finish_reason":"tool_calls","index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"calculator","arguments":{"expression":"6*7"}},"id":"UMu9ZFcWf3EkBhpHFFZqxFhCzjfYmmR4"}]}}],"created":1772900000,"model":"qwen","object":"chat.completion","usage":{"completion_tokens":21,"prompt_tokens":170,"total_tokens":191}}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "6*7" }]], tokens: [170, 21] },
  },
  {
    server,
    quirk: "too long, with the numbers beside the words and status 500 in the body",
    row: "F11",
    issue: "ggml-org/llama.cpp#15780",
    replies: [
      refusal(
        500,
        '{"error":{"code":500,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"exceed_context_size_error","n_prompt_tokens":1407,"n_ctx":256}}',
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "1,407 tokens of at most 256"] },
  },
  {
    server,
    quirk: "too long, told in the stream under status 200",
    row: "F10",
    issue: "oobabooga/textgen#7257",
    asks: ["history"],
    replies: [
      sse(
        '{"error":{"code":400,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"exceed_context_size_error","n_prompt_tokens":14429,"n_ctx":8192}}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", notices: ["CONTEXT_TRIMMED"] },
  },
  {
    server,
    quirk: "an event named error by a field of that name",
    row: "F10",
    replies: [
      raw(
        "text/event-stream",
        `data: ${text("Half")}\n\n`,
        'error: {"code":500,"message":"Input prompt is too big compared to KV size","type":"server_error"}\n\n',
      ),
    ],
    ends: { text: "Half", error: ["MODEL_FAILED", "Input prompt is too big compared to KV size"] },
  },
  {
    server,
    quirk: "tools only with a switch of the server",
    row: "F5",
    issue: "defilantech/LLMKube#126",
    asks: ["tools"],
    replies: [
      refusal(
        500,
        '{"error":{"code":500,"message":"tools param requires --jinja flag","type":"server_error"}}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is." },
  },
  {
    server,
    quirk: "only the end of its reasoning is marked",
    row: "F13",
    issue: "ggml-org/llama.cpp#11861",
    replies: [
      sse(
        text("The user greets me"),
        text(".\n</thi"),
        text("nk>\n\nHello"),
        text("!"),
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Hello!", reasoning: "The user greets me.\n" },
  },
  {
    server,
    quirk: "events printed over several lines",
    row: "F7",
    issue: "ggml-org/llama.cpp#12107",
    replies: [
      raw(
        "text/event-stream",
        'data: {\n    "choices": [\n        {\n            "delta": {\n                "content": "您好"\n            },\n',
        '            "finish_reason": null,\n            "index": 0\n        }\n    ],\n    "created": 1740734647\n}\n\n',
        `data: ${finish("stop")}\r\n\r\ndata: [DONE]\r\n\r\n`,
      ),
    ],
    ends: { text: "您好" },
  },
  {
    server,
    quirk: "loading the model still",
    row: "F1",
    replies: [refusal(503, '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}')],
    ends: { error: ["MODEL_FAILED", "Loading model"] },
  },
  {
    server,
    quirk: "a picture without a projector, with status 500",
    row: "F5",
    issue: "ggml-org/llama.cpp#13566",
    asks: ["image"],
    replies: [
      refusal(
        500,
        '{"error":{"code":500,"message":"image input is not supported by this server","type":"server_error"}}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", notices: ["IMAGE_NOT_SEEN"] },
  },
  {
    server,
    quirk: "a part that it does not know, with status 500",
    row: "F5",
    issue: "ggml-org/llama.cpp#12947",
    asks: ["image"],
    replies: [
      refusal(
        500,
        '{"error":{"code":500,"message":"Failed to parse messages: Unsupported content part type: \\"image_url\\"; messages = [ { } ]","type":"server_error"}}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", notices: ["IMAGE_NOT_SEEN"] },
  },
  {
    server,
    quirk: "counts of tokens that are none, and one that is a fraction as text",
    row: "F3",
    replies: [
      sse(text("Hi"), finish("stop"), '{"usage":{"prompt_tokens":null,"completion_tokens":"3.6"}}', DONE),
    ],
    ends: { text: "Hi", tokens: [0, 4] },
  },
  {
    server: "KoboldCpp",
    quirk: "usage that is a list, and one that is a text",
    row: "F3",
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"content":"Hi"}}],"usage":[]}',
        '{"choices":[],"usage":"unknown"}',
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Hi" },
  },
];
