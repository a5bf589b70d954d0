import type { Fixture } from "./fixture.ts";
import { azure } from "./azure.ts";
import { endings } from "./endings.ts";
import { gateways } from "./gateways.ts";
import { gptOss } from "./gpt-oss.ts";
import { groq } from "./groq.ts";
import { litellm } from "./litellm.ts";
import { llamaCpp } from "./llama-cpp.ts";
import { lmStudio } from "./lm-studio.ts";
import { nvidia } from "./nvidia.ts";
import { ollama } from "./ollama.ts";
import { openRouter } from "./open-router.ts";
import { openAi } from "./openai.ts";
import { others } from "./others.ts";
import { spellings } from "./spellings.ts";
import { vllm } from "./vllm.ts";

/** What model servers are known to send, one fixture for each oddity. */
export const fixtures: readonly Fixture[] = [
  ...llamaCpp,
  ...ollama,
  ...vllm,
  ...lmStudio,
  ...litellm,
  ...openRouter,
  ...groq,
  ...azure,
  ...nvidia,
  ...openAi,
  ...gptOss,
  ...endings,
  ...gateways,
  ...others,
  ...spellings,
];
