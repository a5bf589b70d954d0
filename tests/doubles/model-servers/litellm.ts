import { afterwards, DONE, finish, raw, refusal, sse, text, type Fixture } from "./fixture.ts";

const server = "LiteLLM";

export const litellm: readonly Fixture[] = [
  {
    server,
    quirk: "tool calls that end as end_turn",
    row: "F9",
    issue: "BerriAI/litellm#12481",
    asks: ["tools"],
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"content":"","role":"assistant","tool_calls":[{"id":"tooluse_1","function":{"arguments":"{\\"expression\\":\\"8\\"}","name":"calculator"},"type":"function","index":0}]}}]}',
        finish("end_turn"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "8" }]] },
  },
  {
    server,
    quirk: "two calls of Ollama under one index, with arguments that are objects",
    row: "F8",
    issue: "BerriAI/litellm#37792",
    asks: ["tools"],
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"a","index":0,"type":"function","function":{"name":"calculator","arguments":{"expression":"1"}}}]},"finish_reason":null}]}',
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"b","index":0,"type":"function","function":{"name":"calculator","arguments":{"expression":"2"}}}]},"finish_reason":null}]}',
        finish("stop"),
        DONE,
      ),
      afterwards,
    ],
    ends: {
      text: "Here it is.",
      ran: [
        ["calculator", { expression: "1" }],
        ["calculator", { expression: "2" }],
      ],
    },
  },
  {
    server,
    quirk: "a last chunk whose delta is all null",
    row: "F7",
    issue: "BerriAI/litellm#2010",
    replies: [
      sse(
        text("Fine."),
        '{"choices":[{"finish_reason":"stop","index":0,"delta":{"content":null,"role":null,"tool_calls":null,"function_call":null}}],"usage":{}}',
        DONE,
      ),
    ],
    ends: { text: "Fine." },
  },
  {
    server,
    quirk: "usage in a chunk whose choices are not empty",
    row: "F7",
    issue: "BerriAI/litellm#28735",
    replies: [
      sse(
        text("Fine."),
        finish("stop"),
        '{"choices":[{"index":0,"delta":{"provider_specific_fields":null,"content":null}}],"usage":{"prompt_tokens":13,"completion_tokens":20,"total_tokens":33}}',
        DONE,
      ),
    ],
    ends: { text: "Fine.", tokens: [13, 20] },
  },
  {
    server,
    quirk: "too long, told in the stream by Bedrock",
    row: "F10",
    issue: "BerriAI/litellm#6629",
    replies: [
      sse(
        '{"error":{"message":"litellm.ContextWindowExceededError: BedrockException: Context Window Error - {\\"message\\":\\"Input is too long for requested model.\\"}","type":"None","param":"None","code":"400"}}',
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "too long"] },
  },
  {
    server,
    quirk: "too long, with the sum of two numbers",
    row: "F11",
    issue: "BrokkAi/brokk-app#540",
    replies: [
      refusal(
        400,
        `{"error":{"message":"litellm.BadRequestError: AnthropicException - b'{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"invalid_request_error\\",\\"message\\":\\"input length and max_tokens exceed context limit: 179413 + 32768 > 200000, decrease input length or max_tokens and try again\\"}}'","type":null,"param":null,"code":"400"}}`,
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "too long"] },
  },
  {
    server,
    quirk: "too long, as Gemini says it",
    row: "F11",
    issue: "BerriAI/litellm#18282",
    replies: [
      refusal(
        400,
        '{"error":{"message":"litellm.BadRequestError: VertexAIException BadRequestError - The input token count (2800010) exceeds the maximum number of tokens allowed (1048575).","type":null,"param":null,"code":"400"}}',
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "2,800,010 tokens of at most 1,048,575"] },
  },
  {
    server,
    quirk: "a number of a choice that is not 0",
    row: "F7",
    issue: "BerriAI/litellm#376",
    replies: [
      sse(
        '{"choices":[{"index":1,"delta":{"content":"A"},"finish_reason":null}]}',
        '{"choices":[{"index":2,"delta":{"content":"B"},"finish_reason":"stop"}]}',
        DONE,
      ),
    ],
    ends: { text: "AB" },
  },
  {
    server,
    quirk: "two choices by turns, of which the first is the answer",
    row: "F7",
    issue: "BerriAI/litellm#35793",
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"role":"assistant","content":"AAA"},"finish_reason":null}]}',
        '{"choices":[{"index":1,"delta":{"role":"assistant","content":"BBB"},"finish_reason":null}]}',
        '{"choices":[{"index":0,"delta":{"content":" aaa"},"finish_reason":null}]}',
        '{"choices":[{"index":1,"delta":{"content":" bbb"},"finish_reason":null}]}',
        '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
        '{"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}',
        DONE,
      ),
    ],
    ends: { text: "AAA aaa" },
  },
  {
    server,
    quirk: "two choices in one chunk, the second first",
    row: "F7",
    issue: "openai/openai-agents-python#3313",
    replies: [
      sse(
        '{"choices":[{"index":1,"delta":{"content":"B"}},{"index":0,"delta":{"content":"A"}}]}',
        '{"choices":[{"index":1,"delta":{"content":"b"}}]}',
        '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}',
        DONE,
      ),
    ],
    ends: { text: "Aa" },
  },
  {
    server,
    quirk: "two whole choices",
    row: "F7",
    issue: "langchain-ai/langchain#26719",
    replies: [
      raw(
        "application/json",
        '{"choices":[{"index":0,"message":{"content":"A"},"finish_reason":"stop"},{"index":1,"message":{"content":"B"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":2}}',
      ),
    ],
    ends: { text: "A", tokens: [2, 2] },
  },
  {
    server: "Foundry Local",
    quirk: "pieces with numbers from 0, as choices have",
    row: "F7",
    issue: "microsoft/foundry-local#263",
    replies: [
      sse(
        '{"choices":[{"delta":{"role":"assistant","content":"Wh"},"message":{"role":"assistant","content":"Wh"},"index":0,"finish_reason":null}],"usage":null}',
        '{"choices":[{"delta":{"content":"isper"},"message":{"content":"isper"},"index":1,"finish_reason":null}],"usage":null}',
        '{"choices":[{"delta":{"content":"."},"message":{"content":"."},"index":2,"finish_reason":"stop"}],"usage":null}',
        DONE,
      ),
    ],
    ends: { text: "Whisper." },
  },
];
