import { DONE, finish, refusal, sse, text, type Fixture } from "./fixture.ts";

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
