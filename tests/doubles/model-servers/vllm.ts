import { afterwards, DONE, finish, refusal, sse, text, type Fixture } from "./fixture.ts";

const server = "vLLM";

export const vllm: readonly Fixture[] = [
  {
    server,
    quirk: "an answer that ends without a reason",
    row: "F9",
    issue: "vllm-project/vllm#27572",
    asks: ["tools"],
    replies: [
      sse(
        '{"id":"chatcmpl-c","object":"chat.completion.chunk","created":1763738578,"model":"granite","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}',
        '{"id":"chatcmpl-c","object":"chat.completion.chunk","created":1763738578,"model":"granite","choices":[{"index":0,"delta":{"tool_calls":[{"id":"chatcmpl-tool-1","type":"function","index":0,"function":{"name":"calculator","arguments":"{\\"expression\\": "}}]},"logprobs":null,"finish_reason":null}]}',
        '{"id":"chatcmpl-c","object":"chat.completion.chunk","created":1763738578,"model":"granite","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\"2*3\\"}"}}]},"logprobs":null,"finish_reason":null}]}',
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "2*3" }]] },
  },
  {
    server,
    quirk: "words in the very chunk that says length",
    row: "F12",
    issue: "vllm-project/vllm#35705",
    replies: [
      sse(
        text("One two"),
        '{"id":"chatcmpl-5","object":"chat.completion.chunk","created":1772423572,"model":"qwen3_8b","choices":[{"index":0,"delta":{"content":" three"},"logprobs":null,"finish_reason":"length","stop_reason":null}]}',
        DONE,
      ),
    ],
    ends: { text: "One two three", notices: ["ANSWER_CUT"] },
  },
  {
    server,
    quirk: "usage so far in every chunk",
    row: "F3",
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":9,"total_tokens":10,"completion_tokens":1}}',
        '{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"total_tokens":11,"completion_tokens":2}}',
        '{"choices":[],"usage":{"prompt_tokens":9,"total_tokens":11,"completion_tokens":2}}',
        DONE,
      ),
    ],
    ends: { text: "ab", tokens: [9, 2] },
  },
  {
    server,
    quirk: "too long, as an error without the field error",
    row: "F11",
    issue: "vllm-project/vllm#20409",
    replies: [
      refusal(
        400,
        `{"object":"error","message":"This model's maximum context length is 16384 tokens. However, you requested 122946 tokens (112946 in the messages, 10000 in the completion). Please reduce the length of the messages or completion.","type":"BadRequestError","param":null,"code":400}`,
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "122,946 tokens of at most 16,384"] },
  },
  {
    server,
    quirk: "too long, told as a negative number of tokens",
    row: "F11",
    issue: "vllm-project/vllm#4667",
    asks: ["history"],
    replies: [
      refusal(
        400,
        '{"object":"error","message":"max_tokens must be at least 1, got -186.","type":"BadRequestError","param":null,"code":400}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", notices: ["CONTEXT_TRIMMED"] },
  },
  {
    server,
    quirk: "started without its parser of tool calls",
    row: "F5",
    issue: "vllm-project/vllm#9986",
    asks: ["tools"],
    replies: [
      refusal(
        400,
        '{"object":"error","message":"\\"auto\\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set","type":"BadRequestError","param":null,"code":400}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is." },
  },
  {
    server,
    quirk: "a template without a system",
    row: "F1",
    issue: "huggingface/chat-ui#1386",
    asks: ["system"],
    replies: [
      refusal(
        400,
        '{"object":"error","message":"System role not supported","type":"BadRequestError","param":null,"code":400}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is." },
  },
  {
    server,
    quirk: "no opening mark of reasoning from a template that writes it itself",
    row: "F13",
    issue: "vllm-project/vllm#13125",
    replies: [sse(text("Okay, hello."), text("\n</think>\n\n"), text("Hello!"), finish("stop"), DONE)],
    ends: { text: "Hello!", reasoning: "Okay, hello.\n" },
  },
  {
    server,
    quirk: "an error in the stream with its status as a number",
    row: "F10",
    issue: "llm-d/llm-d-inference-sim#596",
    replies: [
      sse(
        `{"error":{"message":"This model's maximum context length is 1024 tokens. However, you requested 1029 tokens (1028 in the messages, 1 in the completion). Please reduce the length of the messages or completion","type":"BadRequestError","param":null,"code":400}}`,
        DONE,
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "1,029 tokens of at most 1,024"] },
  },
  {
    server,
    quirk: "a call without arguments",
    row: "F8",
    issue: "vllm-project/vllm#21365",
    asks: ["tools"],
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"c1","type":"function","index":0,"function":{"name":"calculator"}}]},"finish_reason":null}]}',
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":""}}]},"finish_reason":null}]}',
        finish("tool_calls"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", {}]] },
  },
  {
    server,
    quirk: "no picture may be in a request",
    row: "F5",
    issue: "vllm-project/vllm#13513",
    asks: ["image"],
    replies: [
      refusal(
        400,
        '{"object":"error","message":"At most 0 image(s) may be provided in one request.","type":"BadRequestError","param":null,"code":400}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", notices: ["IMAGE_NOT_SEEN"] },
  },
  {
    server: "TGI",
    quirk: "a picture where only text is known",
    row: "F5",
    issue: "huggingface/text-generation-inference#2565",
    asks: ["image"],
    replies: [
      refusal(
        422,
        "Failed to deserialize the JSON body into the target type: messages[0].content: invalid type: sequence, expected a string at line 1 column 61",
        "text/plain",
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", notices: ["IMAGE_NOT_SEEN"] },
  },
  {
    server: "SGLang",
    quirk: "too long, with what is for the answer named last",
    row: "F11",
    issue: "anomalyco/opencode#25230",
    replies: [
      refusal(
        400,
        `{"object":"error","message":"Requested token count exceeds the model's maximum context length of 202752 tokens. You requested a total of 202941 tokens: 170941 tokens from the input messages and 32000 tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.","type":"BadRequest","param":null,"code":400}`,
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "202,941 tokens of at most 202,752"] },
  },
  ...[
    ["commas", "272,000", "372,982"],
    ["points", "272.000", "372.982"],
    ["spaces", "272\u202f000", "372 982"],
  ].map(([marks, limit, needed]): Fixture => ({
    server: "a gateway",
    quirk: `too long, with ${marks} in its numbers`,
    row: "F11",
    issue: "pleaseai/shunt#9",
    replies: [
      refusal(
        400,
        `{"error":{"message":"This model's maximum context length is ${limit} tokens. However, your messages resulted in ${needed} tokens."}}`,
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "372,982 tokens of at most 272,000"] },
  })),
];
