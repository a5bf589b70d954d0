import { afterwards, DONE, finish, raw, sse, text, type Fixture } from "./fixture.ts";

const ANALYSIS = "<|channel|>analysis<|message|>They greet.<|end|><|start|>assistant";

/** Marks of chat templates that servers hand on as text. */
export const gptOss: readonly Fixture[] = [
  {
    server: "llama.cpp",
    quirk: "gpt-oss with its marks, one of them split",
    row: "F13",
    issue: "odysseus-dev/odysseus#2420",
    replies: [
      sse(
        text("<|chan"),
        text("nel|>analysis<|message|>They greet."),
        text("<|end|><|start|>assistant<|channel|>fin"),
        text("al<|message|>Hello"),
        text("!<|return|>"),
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "Hello!", reasoning: "They greet." },
  },
  {
    server: "MLX",
    quirk: "gpt-oss without its special tokens",
    row: "F13",
    issue: "Augustas11/macprovider#743",
    replies: [
      raw(
        "application/json",
        String.raw`{"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"analysisWe need to answer \"What is 2+2?\" And nothing else.assistantfinalfour"}}],"usage":{"prompt_tokens":81,"completion_tokens":44}}`,
      ),
    ],
    ends: { text: "four", reasoning: 'We need to answer "What is 2+2?" And nothing else.', tokens: [81, 44] },
  },
  {
    server: "vLLM",
    quirk: "a call of gpt-oss as a message of its own",
    row: "F9",
    issue: "odysseus-dev/odysseus#4522",
    asks: ["tools"],
    replies: [
      sse(
        text(
          `${ANALYSIS}<|channel|>commentary to=functions.calculator <|constrain|>json<|message|>{"expression":`,
        ),
        text(' "1+1"}<|call|>'),
        finish("stop"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", reasoning: "They greet.", ran: [["calculator", { expression: "1+1" }]] },
  },
  {
    server: "vLLM",
    quirk: "a call of gpt-oss of a tool that it was not offered",
    row: "F9",
    replies: [
      sse(
        text(`${ANALYSIS}<|channel|>commentary to=browser.search<|message|>{"query":"x"}<|call|>`),
        text("<|start|>assistant<|channel|>final<|message|>No tools."),
        finish("stop"),
        DONE,
      ),
    ],
    ends: { text: "No tools.", reasoning: 'They greet.{"query":"x"}' },
  },
  {
    server: "vLLM",
    quirk: "a call between marks as text",
    row: "F9",
    issue: "vllm-project/vllm#17161",
    asks: ["tools"],
    replies: [
      sse(
        text('<tool_call>\n{"name": "calculator", "argum'),
        text('ents": {"expression": "2"}}\n</tool_call>'),
        finish("stop"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "2" }]] },
  },
  {
    server: "vLLM",
    quirk: "a call between marks in Qwen Coder's way",
    row: "F9",
    issue: "vllm-project/vllm#21571",
    asks: ["tools"],
    replies: [
      sse(
        text("<tool_call>\n<function=calculator>\n<parameter=expression>\n1+1\n</parameter>\n"),
        text("</function>\n</tool_call>"),
        finish("stop"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "1+1" }]] },
  },
  {
    server: "LM Studio",
    quirk: "Gemma's marks of its channel",
    row: "F13",
    issue: "lmstudio-ai/lmstudio-bug-tracker#2013",
    replies: [sse(text("<|channel>thought\nHm."), text("<channel|>"), text("Hello!"), finish("stop"), DONE)],
    ends: { text: "Hello!", reasoning: "Hm." },
  },
  {
    server: "oMLX",
    quirk: "the end of the turn behind the answer",
    row: "F13",
    issue: "jundot/omlx#1087",
    replies: [sse(text("apple"), text("<eos>"), finish("stop"), DONE)],
    ends: { text: "apple" },
  },
  {
    server: "Ollama",
    quirk: "EXAONE's marks of its thoughts",
    row: "F13",
    issue: "fmaclen/hollama#283",
    replies: [sse(text("<"), text("thought"), text(">Hm.\n</thought>\nYes."), finish("stop"), DONE)],
    ends: { text: "Yes.", reasoning: "Hm.\n" },
  },
  {
    server: "vLLM",
    quirk: "nothing but thoughts, told by the server",
    row: "F13",
    issue: "vllm-project/vllm#49717",
    replies: [sse('{"choices":[{"index":0,"delta":{"reasoning":"Hm."}}]}', finish("stop"), DONE)],
    ends: { reasoning: "Hm.", error: ["MODEL_FAILED", "without an answer"] },
  },
  {
    server: "vLLM",
    quirk: "a mark of gpt-oss that sticks to the name of a tool",
    row: "F8",
    issue: "vllm-project/vllm#32587",
    asks: ["tools"],
    replies: [
      sse(
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"functions.calculator<|channel|>commentary","arguments":"{\\"expression\\":\\"5\\"}"}}]}}]}',
        finish("tool_calls"),
        DONE,
      ),
      afterwards,
    ],
    ends: { text: "Here it is.", ran: [["calculator", { expression: "5" }]] },
  },
];
