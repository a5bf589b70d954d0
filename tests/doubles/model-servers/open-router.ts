import { afterwards, DONE, finish, raw, refusal, sse, text, type Fixture } from "./fixture.ts";

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
