import { afterwards, DONE, finish, raw, refusal, sse, text, type Fixture } from "./fixture.ts";

export const openAi: readonly Fixture[] = [
  {
    server: "OpenAI",
    quirk: "a quota that is used up",
    row: "F1",
    issue: "Pythagora-io/gpt-pilot#340",
    replies: [
      refusal(
        429,
        '{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}',
      ),
    ],
    ends: { error: ["MODEL_QUOTA", "used up its quota"] },
  },
  {
    server: "OpenAI",
    quirk: "more in one request than the limit of a minute",
    row: "F11",
    issue: "vanna-ai/vanna-flask#11",
    replies: [
      refusal(
        429,
        '{"error":{"message":"Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 342389. The input or output tokens must be reduced in order to run successfully.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}',
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "342,389 tokens of at most 30,000"] },
  },
  {
    server: "OpenAI",
    quirk: "a bad schema of a tool, which no second try mends",
    row: "F1",
    replies: [
      refusal(
        400,
        `{"error":{"message":"Invalid schema for response_format 'answer': schema must be a JSON Schema","type":"invalid_request_error","param":"response_format","code":null}}`,
      ),
    ],
    ends: { error: ["MODEL_REFUSED", "Invalid schema for response_format"] },
  },
  {
    server: "OpenAI",
    quirk: "text input, tool input: a long request is no matter of tools",
    row: "F5",
    asks: ["tools", "history"],
    replies: [
      refusal(
        400,
        `{"error":{"message":"This endpoint's maximum context length is 8192 tokens. However, you requested about 8500 tokens (8000 of text input, 500 of tool input). Please reduce the length of either one.","type":"invalid_request_error","param":null,"code":400}}`,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", notices: ["CONTEXT_TRIMMED"] },
  },
  {
    server: "OpenAI",
    quirk: "a refusal instead of content",
    row: "F12",
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":"I cannot help with that."},"finish_reason":null}]}',
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "I cannot help with that." },
  },
  {
    server: "OpenAI",
    quirk: "an answer that is not streamed",
    row: "200",
    replies: [
      raw(
        "application/json",
        '{"id":"chatcmpl-1","object":"chat.completion","created":1715874011,\n"choices":[{"finish_reason":"stop","index":1,"message":{"content":"Hello! 👋 ',
        'How can I help?","role":"assistant"}}],"usage":{"prompt_tokens":2,"completion_tokens":14,"total_tokens":16}}',
      ),
    ],
    ends: { text: "Hello! 👋 How can I help?", tokens: [2, 14] },
  },
  {
    server: "OpenAI",
    quirk: "content as parts, thoughts among them",
    row: "F7",
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm."}]}]}}]}',
        '{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"Oslo"},{"type":"text","text":"."}]}}]}',
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Oslo.", reasoning: "Hm." },
  },
  {
    server: "OpenAI",
    quirk: "calls without an index from Gemini, their thoughts signed",
    row: "F8",
    issue: "THU-MAIC/OpenMAIC#1556",
    asks: ["tools"],
    replies: [
      sse(
        '{"choices":[{"delta":{"role":"assistant","tool_calls":[{"extra_content":{"google":{"thought_signature":"c2ln"}},"function":{"arguments":"{\\"expression\\":\\"5\\"}","name":"calculator"},"id":"call_297140","type":"function"}]},"index":0}],"model":"gemini-3.8-flash","object":"chat.completion.chunk"}',
        finish("stop"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "5" }]] },
  },
  {
    server: "OpenAI",
    quirk: "empty ids and names behind the first piece of a call",
    row: "F8",
    issue: "anomalyco/opencode#37841",
    asks: ["tools"],
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_8c1f","type":"function","function":{"name":"calculator","arguments":"{"}}]}}]}',
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"","function":{"name":"","arguments":"\\"expression\\": "}}]}}]}',
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"","function":{"name":"","arguments":"\\"2\\"}"}}]}}]}',
        finish("tool_calls"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "2" }]] },
  },
  {
    server: "OpenAI",
    quirk: "the number of the token as the number of the choice, and no empty lines, by TGI",
    row: "F7",
    issue: "huggingface/text-generation-inference#1648",
    replies: [
      raw(
        "text/event-stream",
        'data:{"id":"","object":"text_completion","created":1710508199,"choices":[{"index":1,"delta":{"role":"assistant","content":"I"},"logprobs":null,"finish_reason":null}]}\n',
        'data:{"id":"","object":"text_completion","created":1710508199,"choices":[{"index":2,"delta":{"role":"assistant","content":"\'"},"logprobs":null,"finish_reason":null}]}\n',
        'data:{"id":"","object":"text_completion","created":1710508199,"choices":[{"index":3,"delta":{"role":"assistant","content":"m"},"logprobs":null,"finish_reason":"length"}]}\n',
      ),
    ],
    ends: { text: "I'm", notices: ["ANSWER_CUT"] },
  },
  {
    server: "OpenAI",
    quirk: "words of a proxy instead of an answer, and an end",
    row: "200",
    replies: [raw("text/event-stream", "data: no healthy upstream\n\n", "data: [DONE]\n\n")],
    ends: { error: ["MODEL_FAILED", "no healthy upstream"] },
  },
  {
    server: "OpenAI",
    quirk: "nothing at all under status 200",
    row: "200",
    replies: [raw("application/json", "")],
    ends: { error: ["MODEL_FAILED", "no answer"] },
  },
  {
    server: "OpenAI",
    quirk: "an overloaded model, told in the stream",
    row: "F10",
    replies: [sse('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')],
    ends: { error: ["MODEL_FAILED", "Overloaded"] },
  },
  {
    server: "OpenAI",
    quirk: "the form of calls before tool_calls",
    row: "F8",
    asks: ["tools"],
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"function_call":{"name":"calculator","arguments":"{\\"expression\\":"}}}]}',
        '{"choices":[{"index":0,"delta":{"function_call":{"arguments":"\\"3\\"}"}}}]}',
        finish("function_call"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "3" }]] },
  },
  {
    server: "OpenAI",
    quirk: "arguments before the name of their tool, and a call that never gets one",
    row: "F8",
    asks: ["tools"],
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"arguments":"{\\"expression\\":"}}]}}]}',
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"calculator","arguments":"\\"4\\"}"}},{"index":1,"id":"c2","function":{"arguments":"{}"}}]}}]}',
        finish("tool_calls"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "4" }]] },
  },
  {
    server: "OpenAI",
    quirk: "a field of the request that it does not know",
    row: "F1",
    replies: [
      refusal(
        400,
        '{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error","param":null,"code":null}}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is." },
  },
  {
    server: "OpenAI",
    quirk: "an error under status 200 without a field or a number that says so",
    row: "200",
    replies: [
      raw(
        "application/json",
        '{"code":"InvalidParameter","message":"The parameter is not valid.","request_id":"1"}',
      ),
    ],
    ends: { error: ["MODEL_FAILED", "The parameter is not valid."] },
  },
  {
    server: "OpenAI",
    quirk: "a character in two halves, a delta that is text, and choices by number",
    row: "F7",
    replies: [
      sse(
        String.raw`{"choices":[{"index":0,"delta":{"content":"Hi \ud83d"}}]}`,
        String.raw`{"choices":[{"index":0,"delta":{"content":"\ude00"}}]}`,
        '{"choices":{"0":{"delta":" there"}}}',
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Hi 😀 there" },
  },
  {
    server: "OpenAI",
    quirk: "one line that is no JSON",
    row: "F7",
    replies: [
      raw(
        "text/event-stream",
        `data: ${text("Good ")}\n\ndata: {"choices":[{"ind\n\n`,
        `data: ${text("morning")}\n\ndata: ${finish("stop")}\n\n`,
        "data: [DONE]\n\n",
      ),
    ],
    ends: { text: "Good morning" },
  },
  {
    server: "OpenAI",
    quirk: "two ends, the cut one first",
    row: "F12",
    replies: [sse(text("Part"), finish("length"), finish("stop"), DONE)],
    ends: { text: "Part", notices: ["ANSWER_CUT"] },
  },
  {
    server: "OpenAI",
    quirk: "too large a count of tokens, and a negative one",
    row: "F3",
    replies: [
      sse(
        text("Hi"),
        finish("stop"),
        '{"choices":[],"usage":{"prompt_tokens":99999999999,"completion_tokens":-3}}',
        DONE,
      ),
    ],
    ends: { text: "Hi", tokens: [2_147_483_647, 0] },
  },
];
