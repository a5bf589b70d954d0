import { DONE, finish, refusal, sse, text, type Fixture } from "./fixture.ts";

const FILTERED =
  "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766";
const SAFE = '{"hate":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}';

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
