import { afterwards, DONE, raw, refusal, sse, text, type Fixture } from "./fixture.ts";

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
