import { finish, raw, refusal, sse, text, type Fixture } from "./fixture.ts";

const HTML = "text/html; charset=UTF-8";

/** What stands between a server and its models, and what it says. */
export const gateways: readonly Fixture[] = [
  {
    server: "Cloudflare",
    quirk: "a firewall's page, which is not about the key",
    row: "F1",
    issue: "lobehub/lobehub#2147",
    replies: [
      refusal(
        403,
        "<!DOCTYPE html>\n<title>Attention Required! | Cloudflare</title>\n<h1>Blocked</h1>",
        HTML,
      ),
    ],
    ends: { error: ["MODEL_UNREACHABLE", "not about the API key"] },
  },
  {
    server: "OpenAI",
    quirk: "a country that may not use it",
    row: "F1",
    issue: "songquanpeng/one-api#1692",
    replies: [
      refusal(
        403,
        '{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","param":null,"type":"request_forbidden"}}',
      ),
    ],
    ends: { error: ["MODEL_UNREACHABLE", "network and country"] },
  },
  {
    server: "a proxy",
    quirk: "a law's border",
    row: "F1",
    replies: [refusal(451, "Unavailable For Legal Reasons", "text/plain")],
    ends: { error: ["MODEL_UNREACHABLE", "status 451"] },
  },
  {
    server: "Squid",
    quirk: "a proxy that wants a sign-in",
    row: "F1",
    issue: "diffbot/code-gpt-docs#33",
    replies: [refusal(407, "<html><title>ERROR: Cache Access Denied</title></html>", HTML)],
    ends: { error: ["MODEL_UNREACHABLE", "asks for a sign-in of its own (status 407)"] },
  },
  {
    server: "OpenAI",
    quirk: "a model that the key's project may not use",
    row: "F14",
    replies: [
      refusal(
        403,
        '{"error":{"message":"Project `proj_1` does not have access to model `gpt-5`","type":"invalid_request_error","param":null,"code":"model_not_found"}}',
      ),
    ],
    ends: { error: ["MODEL_MISSING", "does not have access"] },
  },
  {
    server: "OpenRouter",
    quirk: "a key whose limit of money is reached",
    row: "F1",
    issue: "gptme/gptme#1449",
    replies: [
      refusal(
        403,
        '{"error":{"message":"Key limit exceeded (monthly limit). Manage it using https://openrouter.ai/settings/keys","code":403}}',
      ),
    ],
    ends: { error: ["MODEL_QUOTA", "used up its quota"] },
  },
  {
    server: "Anthropic",
    quirk: "no money, told as a bad request",
    row: "F1",
    issue: "anthropics/claude-quickstarts#229",
    replies: [
      refusal(
        400,
        '{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."}}',
      ),
    ],
    ends: { error: ["MODEL_QUOTA", "used up its quota"] },
  },
  {
    server: "DeepSeek",
    quirk: "no money, with the status for it",
    row: "F1",
    replies: [
      refusal(
        402,
        '{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}',
      ),
    ],
    ends: { error: ["MODEL_QUOTA", "used up its quota"] },
  },
  {
    server: "Bedrock",
    quirk: "too many requests, told as a bad request",
    row: "F5",
    issue: "lobehub/lobehub#3994",
    asks: ["tools"],
    replies: [
      refusal(
        400,
        '{"error":{"message":"Too many requests, please wait before trying again.","type":"ThrottlingException"}}',
      ),
    ],
    ends: { error: ["RATE_LIMITED", "too many requests"] },
  },
  {
    server: "Gemini",
    quirk: "an error in a list, with the time to wait in its words",
    row: "F1",
    issue: "google-gemini/gemini-cli#6454",
    replies: [
      refusal(
        429,
        '[{"error":{"code":429,"message":"You are sending too much. Please retry in 35.2s.","status":"RESOURCE_EXHAUSTED"}}]',
      ),
    ],
    ends: { error: ["RATE_LIMITED", "Wait 36 s"] },
  },
  {
    server: "Groq",
    quirk: "a limit of the day",
    row: "F1",
    issue: "continuedev/continue#10920",
    replies: [
      refusal(
        429,
        '{"error":{"message":"Rate limit reached for model `m` on tokens per day (TPD): Limit 100000, Used 97050, Requested 3619. Please try again in 9m38.016s.","type":"tokens","code":"rate_limit_exceeded"}}',
      ),
    ],
    ends: { error: ["RATE_LIMITED", "Wait 10 min"] },
  },
  {
    server: "nginx",
    quirk: "plain http on a port for https",
    row: "F1",
    replies: [
      refusal(400, "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>", HTML),
    ],
    ends: { error: ["MODEL_UNREACHABLE", "https for http"] },
  },
  {
    server: "nginx",
    quirk: "a page that takes no questions",
    row: "F14",
    replies: [refusal(405, "<html><title>405 Not Allowed</title></html>", HTML)],
    ends: { error: ["MODEL_FAILED", "PIPIT_MODEL_URL is the address"] },
  },
  {
    server: "nginx",
    quirk: "a model server that is not up yet",
    row: "F1",
    replies: [refusal(502, "<html><title>502 Bad Gateway</title></html>", HTML)],
    ends: { error: ["MODEL_FAILED", "502 Bad Gateway"] },
  },
  {
    server: "Anthropic",
    quirk: "overloaded, with a status of its own",
    row: "F1",
    replies: [refusal(529, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')],
    ends: { error: ["MODEL_FAILED", "Overloaded"] },
  },
  {
    server: "FastAPI",
    quirk: "a list of what is wrong with the request",
    row: "F1",
    replies: [refusal(422, '{"detail":[{"type":"missing","loc":["body","prompt"],"msg":"Field required"}]}')],
    ends: { error: ["MODEL_REFUSED", "Field required"] },
  },
  {
    server: "a gateway",
    quirk: "an error whose message is no text",
    row: "F10",
    replies: [sse('{"error":{"message":{"reason":"worker died"}}}')],
    ends: { error: ["MODEL_FAILED", "worker died"] },
  },
  {
    server: "a gateway",
    quirk: "an error as plain words in the middle",
    row: "F10",
    replies: [
      raw("text/event-stream", `data: ${text("Half")}\n\n`, "data: [ERROR] upstream connect error\n\n"),
    ],
    ends: { text: "Half", error: ["MODEL_FAILED", "upstream connect error"] },
  },
  {
    server: "a gateway",
    quirk: "half an event at the end, which says nothing",
    row: "F10",
    replies: [raw("text/event-stream", `data: ${text("Half")}\n\n`, 'data: {"choices":[{"del')],
    ends: { text: "Half", error: ["MODEL_FAILED", "broke off"] },
  },
  {
    server: "a gateway",
    quirk: "no content at all, and the status that says so",
    row: "200",
    replies: [{ kind: "recorded", status: 204, type: "text/event-stream", pieces: [] }],
    ends: { error: ["MODEL_FAILED", "no answer"] },
  },
  {
    server: "a gateway",
    quirk: "an order mark, fields without a space, lone returns, other fields",
    row: "F6",
    replies: [
      raw(
        "text/event-stream",
        `\uFEFFretry:1000\rid:1\rdata:${text("Good ")}\r\r`,
        `event:message\rdata:${text("day")}\r\r: ping\rdata:${finish("stop")}\r\rdata:[DONE]\r\r`,
      ),
    ],
    ends: { text: "Good day" },
  },
];
