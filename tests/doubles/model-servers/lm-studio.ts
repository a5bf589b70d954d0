import { afterwards, DONE, finish, raw, refusal, sse, text, type Fixture } from "./fixture.ts";

const server = "LM Studio";
const TOO_LONG =
  "Trying to keep the first 111490 tokens when context the overflows. However, the model is loaded with context length of only 32768 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input.";

export const lmStudio: readonly Fixture[] = [
  {
    server,
    quirk: "too long, as an event named error under status 200",
    row: "F10",
    issue: "lmstudio-ai/lmstudio-bug-tracker#546",
    replies: [
      raw(
        "text/event-stream",
        "event: error\n",
        `data: {"error":{"message":"${TOO_LONG}"},"message":"${TOO_LONG}"}\n\n`,
      ),
    ],
    ends: { error: ["PROMPT_TOO_LONG", "111,490 tokens of at most 32,768"] },
  },
  {
    server,
    quirk: "too long, told without a number, after which older turns are left out",
    row: "F10",
    issue: "lmstudio-ai/lmstudio-bug-tracker#2205",
    asks: ["history"],
    replies: [
      raw(
        "text/event-stream",
        'event: error\ndata: {"error":"The number of tokens to keep from the initial prompt is greater than the context length. Try to load the model with a larger context length, or provide a shorter input"}\n\n',
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", notices: ["CONTEXT_TRIMMED"] },
  },
  {
    server,
    quirk: "a stream without a word",
    row: "F10",
    issue: "lmstudio-ai/lmstudio-bug-tracker#2339",
    replies: [
      sse(finish("stop"), '{"choices":[],"usage":{"prompt_tokens":36000,"completion_tokens":0}}', DONE),
    ],
    ends: { error: ["MODEL_FAILED", "without an answer"] },
  },
  {
    server,
    quirk: "no model is loaded",
    row: "F14",
    issue: "lmstudio-ai/lms#107",
    replies: [
      refusal(
        404,
        '{"error":{"message":"No models loaded. Please load a model in the developer page or use the `lms load` command.","type":"invalid_request_error","param":"model","code":"model_not_found"}}',
      ),
    ],
    ends: { error: ["MODEL_MISSING", "No models loaded"] },
  },
  {
    server,
    quirk: "a model that is refused by a status that is not 404",
    row: "F14",
    issue: "lmstudio-ai/lmstudio-bug-tracker#1730",
    replies: [
      refusal(
        400,
        '{"error":{"message":"No models loaded. Please load a model in the developer page or use the \'lms load\' command.","type":"invalid_request_error","param":"model","code":null}}',
      ),
    ],
    ends: { error: ["MODEL_MISSING", "No models loaded"] },
  },
  {
    server,
    quirk: "a page of its own for an address without /v1",
    row: "200",
    replies: [
      raw(
        "text/html",
        "<!doctype html>\n<html><head><title>LM Studio</title></head>",
        "<body>Hello</body></html>",
      ),
    ],
    ends: { error: ["MODEL_FAILED", 'It says: "LM Studio"'] },
  },
  {
    server,
    quirk: "unknown address, told as an error under status 200",
    row: "200",
    replies: [raw("application/json", '{"error":"Unexpected endpoint or method. (POST /chat/completions)"}')],
    ends: { error: ["MODEL_FAILED", "Unexpected endpoint or method"] },
  },
  {
    server,
    quirk: "reasoning between marks, split in the middle of them",
    row: "F13",
    replies: [
      sse(
        text("<thi"),
        text("nk>Let me"),
        text(" see.</"),
        text("think>"),
        text("\n\nYes."),
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Yes.", reasoning: "Let me see." },
  },
];
