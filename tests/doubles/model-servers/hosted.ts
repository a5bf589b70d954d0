import { afterwards, DONE, finish, raw, refusal, sse, text, type Fixture } from "./fixture.ts";

const FILTERED =
  "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766";
const SAFE = '{"hate":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}';

export const openRouter: readonly Fixture[] = [
  ...[
    ["model_context_window_exceeded", "ANSWER_CUT"],
    ["contextLengthReached", "ANSWER_CUT"],
    ["maxPredictedTokensReached", "ANSWER_CUT"],
    ["guardrail_intervened", "ANSWER_FILTERED"],
    ["ERROR_TOXIC", "ANSWER_FILTERED"],
  ].map(([reason = "", notice = ""]): Fixture => ({
    server: "OpenRouter",
    quirk: `a provider's own reason of the end, ${reason}`,
    row: "F12",
    replies: [sse(text("Half"), finish(reason), DONE)],
    ends: { text: "Half", notices: [notice] },
  })),
  {
    server: "OpenRouter",
    quirk: "a provider that is overloaded under status 400",
    row: "F1",
    replies: [
      refusal(
        400,
        '{"error":{"message":"The engine is currently overloaded, please try again later","type":"engine_overloaded_error"}}',
      ),
    ],
    ends: { error: ["MODEL_FAILED", "overloaded"] },
  },
  {
    server: "OpenRouter",
    quirk: "xAI's words for too long",
    row: "F11",
    replies: [
      refusal(
        400,
        `{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 200000 tokens."}`,
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "200,000 tokens of at most 131,072"] },
  },
  {
    server: "OpenRouter",
    quirk: "TGI's words for too long",
    row: "F11",
    replies: [
      refusal(
        422,
        '{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 100 `max_new_tokens`","error_type":"validation"}',
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "too long"] },
  },
  {
    server: "Ollama",
    quirk: "its native API, where the address lacks /v1",
    row: "-",
    replies: [
      raw(
        "application/x-ndjson",
        '{"model":"m","message":{"role":"assistant","content":"Hi"},"done":true}\n',
      ),
    ],
    ends: { error: ["MODEL_FAILED", 'It says: "{"model":"m","message"'] },
  },
  {
    server: "OpenRouter",
    quirk: "comments while it waits",
    row: "F6",
    issue: "openai/openai-go#227",
    replies: [
      raw(
        "text/event-stream",
        ": OPENROUTER PROCESSING\n\n",
        ": OPENROUTER PROCESSING\n\n",
        'data: {"id":"gen-1739458867","provider":"OpenAI","model":"openai/gpt-4o-mini","object":"chat.completion.chunk","created":1739458867,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}\n\n',
        `data: ${text("亚")}\n\ndata: ${finish("stop")}\n\ndata: [DONE]\n\n`,
      ),
    ],
    ends: { text: "亚" },
  },
  {
    server: "OpenRouter",
    quirk: "an error in a chunk with a choice that says error",
    row: "F10",
    issue: "diegosouzapw/OmniRoute#8210",
    replies: [
      sse(
        '{"id":"gen-1","object":"chat.completion.chunk","created":1,"model":"nvidia/nemotron","provider":"Nvidia","error":{"code":502,"message":"Worker local total request limit reached (33/32)","metadata":{"error_type":"provider_unavailable"}},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}',
        DONE,
      ),
    ],
    ends: { error: ["MODEL_FAILED", "Worker local total request limit reached"] },
  },
  {
    server: "OpenRouter",
    quirk: "the provider's own words stand in raw",
    row: "F1",
    issue: "reVrost/go-openrouter#21",
    replies: [
      refusal(
        400,
        String.raw`{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\n  \"error\": {\n    \"message\": \"Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.\",\n    \"type\": \"invalid_request_error\",\n    \"param\": \"input\",\n    \"code\": null\n  }\n}","provider_name":"OpenAI"}},"user_id":"org_2x"}`,
      ),
    ],
    ends: { error: ["MODEL_REFUSED", "must contain the word 'json'"] },
  },
  {
    server: "OpenRouter",
    quirk: "a shared limit of the provider",
    row: "F5",
    issue: "open-webui/computer#293",
    replies: [
      refusal(
        429,
        '{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"z-ai/glm-5.3-flash is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits","provider_name":"BaseTen"}}}',
      ),
    ],
    ends: { error: ["RATE_LIMITED", "temporarily rate-limited upstream"] },
  },
  {
    server: "OpenRouter",
    quirk: "no provider of the model takes tools",
    row: "F5",
    issue: "evalstate/fast-agent#122",
    asks: ["tools"],
    replies: [
      refusal(
        404,
        '{"error":{"message":"No endpoints found that support tool use. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing","code":404}}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is." },
  },
  {
    server: "OpenRouter",
    quirk: "a stream that goes to its end without a reason",
    row: "F9",
    issue: "diegosouzapw/OmniRoute#7800",
    replies: [sse(text("All of it."), DONE)],
    ends: { text: "All of it." },
  },
  {
    server: "OpenRouter",
    quirk: "a stream that is cut without reason and end",
    row: "F9",
    issue: "anomalyco/opencode#44385",
    replies: [sse(text("Half"))],
    ends: { text: "Half", error: ["MODEL_FAILED", "broke off"] },
  },
];

export const groq: readonly Fixture[] = [
  {
    server: "Groq",
    quirk: "more than the plan takes in a minute, which never fits",
    row: "F11",
    issue: "assafelovic/gpt-researcher#985",
    replies: [
      refusal(
        413,
        '{"error":{"message":"Request too large for model `llama-3.1-70b-versatile` in organization `org_01` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 14368, please reduce your message size and try again. Visit https://console.groq.com/docs/rate-limits for more information.","type":"tokens","code":"rate_limit_exceeded"}}',
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "14,368 tokens of at most 6,000"] },
  },
  {
    server: "Groq",
    quirk: "too much in this minute, which fits in the next",
    row: "F5",
    issue: "elizaOS/eliza#4040",
    asks: ["tools"],
    replies: [
      refusal(
        429,
        '{"error":{"message":"Rate limit reached for model `llama-3.1-8b-instant` in organization `org_01` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Used 5034, Requested 1443. Please try again in 4.77s. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing","type":"tokens","code":"rate_limit_exceeded"}}',
      ),
    ],
    ends: { error: ["RATE_LIMITED", "try again in 4.77s"] },
  },
  {
    server: "Groq",
    quirk: "the model called a tool wrongly, which says nothing about tools",
    row: "F5",
    issue: "HunorLaczko/ha-groq-cloud-api#20",
    asks: ["tools"],
    replies: [
      refusal(
        400,
        '{"error":{"message":"tool call validation failed: parameters for tool calculator did not match schema: errors: [`/expression`: expected array, but got string]","type":"invalid_request_error","param":"","code":"tool_use_failed"}}',
      ),
      afterwards,
    ],
    ends: { text: "Here it is." },
  },
  {
    server: "Groq",
    quirk: "the same in the stream",
    row: "F5",
    issue: "mastra-ai/mastra#9688",
    asks: ["tools"],
    replies: [
      raw(
        "text/event-stream",
        "event: error\n",
        `data: {"error":{"message":"Tool call validation failed: tool call validation failed: attempted to call tool 'listFiles' which was not in request.tools","type":"invalid_request_error","code":"tool_use_failed","status_code":400}}\n\n`,
      ),
      afterwards,
    ],
    ends: { text: "Here it is." },
  },
  {
    server: "Groq",
    quirk: "usage in a field of its own",
    row: "F3",
    replies: [
      sse(
        text("Fast."),
        '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"req_1","usage":{"queue_time":0.01,"prompt_tokens":18,"prompt_time":0.001,"completion_tokens":3,"total_tokens":21}}}',
        DONE,
      ),
    ],
    ends: { text: "Fast.", tokens: [18, 3] },
  },
];

export const azure: readonly Fixture[] = [
  {
    server: "Azure",
    quirk: "a first chunk that tells of filters only",
    row: "F7",
    issue: "Azure/azure-sdk-for-go#21086",
    replies: [
      sse(
        `{"id":"","choices":[],"created":0,"model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":${SAFE}}]}`,
        text("Hi"),
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Hi" },
  },
  {
    server: "Azure",
    quirk: "a choice without a delta",
    row: "F7",
    issue: "microsoft/autogen#6465",
    replies: [
      sse(
        text("Hi"),
        finish("stop"),
        `{"id":"","object":"","created":0,"model":"","choices":[{"index":0,"finish_reason":null,"content_filter_results":${SAFE},"content_filter_raw":[],"content_filter_offsets":{"check_offset":44,"start_offset":44,"end_offset":198}}],"usage":null}`,
        DONE,
      ),
    ],
    ends: { text: "Hi" },
  },
  {
    server: "Azure",
    quirk: "a delta that is null in the chunk that ends it",
    row: "F7",
    issue: "microsoft/agent-framework#5734",
    replies: [sse(text("Hi"), '{"choices":[{"index":0,"delta":null,"finish_reason":"stop"}]}', DONE)],
    ends: { text: "Hi" },
  },
  {
    server: "Azure",
    quirk: "a question that its filter does not let pass",
    row: "F1",
    issue: "compl-ai/compl-ai#20",
    replies: [
      refusal(
        400,
        `{"error":{"message":"${FILTERED}","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":${SAFE}}}}`,
      ),
    ],
    ends: { error: ["MODEL_REFUSED", "content management policy"] },
  },
  {
    server: "Azure",
    quirk: "an answer that its filter stops",
    row: "F12",
    replies: [sse(text("It is"), finish("content_filter"), DONE)],
    ends: { text: "It is", notices: ["ANSWER_FILTERED"] },
  },
  {
    server: "Azure",
    quirk: "too long, by a limit that is configured",
    row: "F11",
    issue: "BerriAI/litellm#15968",
    replies: [
      refusal(
        400,
        '{"error":{"message":"Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 509178 tokens. Please reduce the length of the messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}',
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "509,178 tokens of at most 272,000"] },
  },
];

export const nvidia: readonly Fixture[] = [
  {
    server: "NVIDIA",
    quirk: "a function that is down for now, told as a bad request",
    row: "F1",
    issue: "tashfeenahmed/freellmapi#522",
    replies: [
      refusal(
        400,
        `{"status":400,"title":"Bad Request","detail":"Function id '87ea0ddc-cff1-4bca-bf8b-3bd98a35ddd0': DEGRADED function cannot be invoked"}`,
        "application/problem+json",
      ),
    ],
    ends: { error: ["MODEL_FAILED", "DEGRADED function cannot be invoked"] },
  },
  {
    server: "NVIDIA",
    quirk: "a model that the account has not",
    row: "F14",
    issue: "Alishahryar1/free-claude-code#1021",
    replies: [
      refusal(
        404,
        `{"status":404,"title":"Not Found","detail":"Function '23d4f03a-b8a6-4adb-a183-7daa083a09cc': Not found for account 'Qaw'"}`,
        "application/problem+json",
      ),
    ],
    ends: { error: ["MODEL_MISSING", "Not found for account"] },
  },
  {
    server: "NVIDIA",
    quirk: "fractions of tokens",
    row: "F3",
    replies: [
      sse(
        text("Hi"),
        finish("stop"),
        '{"choices":[],"usage":{"prompt_tokens":10.5,"completion_tokens":4.25,"total_tokens":14.75}}',
        DONE,
      ),
    ],
    ends: { text: "Hi", tokens: [11, 4] },
  },
  {
    server: "NVIDIA",
    quirk: "numbers as text, a time as text, and an error that is null",
    row: "F7",
    replies: [
      sse(
        '{"id":7,"created":"2026-01-01T00:00:00Z","error":null,"choices":[{"index":"0","delta":{"role":"model","content":"Hi"},"finish_reason":null}]}',
        '{"choices":null,"usage":{"prompt_tokens":"12","completion_tokens":"3"}}',
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Hi", tokens: [12, 3] },
  },
];

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
    ends: { error: ["RATE_LIMITED", "used up its quota"] },
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
