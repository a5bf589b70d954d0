import { afterwards, DONE, finish, refusal, sse, text, type Fixture } from "./fixture.ts";

const server = "Ollama";

export const ollama: readonly Fixture[] = [
  {
    server,
    quirk: "a finish reason that is an empty text in every chunk",
    row: "F9",
    issue: "ollama/ollama#4357",
    replies: [
      sse(
        '{"id":"chatcmpl-693","object":"chat.completion.chunk","created":1715427619,"model":"mistral:latest","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":" Hello"},"finish_reason":""}]}',
        '{"id":"chatcmpl-693","object":"chat.completion.chunk","created":1715427619,"model":"mistral:latest","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":" there"},"finish_reason":""}]}',
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: " Hello there" },
  },
  {
    server,
    quirk: "tool calls that end as stop",
    row: "F9",
    issue: "ollama/ollama#7963",
    asks: ["tools"],
    replies: [
      sse(
        '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1739386062,"model":"qwen2.5:0.5b","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"call_1","index":0,"type":"function","function":{"name":"calculator","arguments":"{\\"expression\\":\\"1+1\\"}"}}]},"finish_reason":null}]}',
        finish("stop"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "1+1" }]] },
  },
  {
    server,
    quirk: "a model without tools, remembered",
    row: "F5",
    issue: "ollama/ollama#11131",
    asks: ["tools"],
    replies: [
      refusal(
        400,
        '{"error":{"message":"registry.ollama.ai/library/deepseek-r1:14b does not support tools","type":"api_error","param":null,"code":null}}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is." },
  },
  {
    server,
    quirk: "an error that is only words",
    row: "F1",
    replies: [refusal(404, '{"error":"model \\"nothere\\" not found, try pulling it first"}')],
    ends: { error: ["MODEL_MISSING", "PIPIT_MODEL"] },
  },
  {
    server,
    quirk: "reasoning in a field named reasoning",
    row: "F13",
    replies: [
      sse(
        '{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Easy"},"finish_reason":null}]}',
        text("Four."),
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Four.", reasoning: "Easy" },
  },
  {
    server,
    quirk: "the model process dies in the middle",
    row: "F10",
    replies: [
      sse(
        text("Half"),
        '{"error":{"message":"an error was encountered while running the model: CUDA error: out of memory","type":"api_error","param":null,"code":null}}',
      ),
    ],
    ends: { text: "Half", error: ["MODEL_FAILED", "CUDA error: out of memory"] },
  },
  {
    server,
    quirk: "a model whose file lacks what pictures need",
    row: "F5",
    asks: ["image"],
    replies: [
      refusal(
        500,
        '{"error":{"message":"this model is missing data required for image input","type":"api_error","param":null,"code":null}}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", notices: ["IMAGE_NOT_SEEN"] },
  },
  {
    server,
    quirk: "no pictures, by the cloud behind it",
    row: "F5",
    issue: "ollama/ollama#17301",
    asks: ["image", "tools"],
    replies: [
      refusal(400, '{"error":"this model does not support image input (ref: b8bd630e)"}'),
      afterwards,
    ],
    ends: { text: "Here it is.", notices: ["IMAGE_NOT_SEEN"] },
  },
  {
    server,
    quirk: "words about nothing, for a question with a picture",
    row: "F1",
    asks: ["image"],
    replies: [refusal(400, '{"error":"bad request"}')],
    ends: { error: ["MODEL_REFUSED", "leave its picture out"] },
  },
];
