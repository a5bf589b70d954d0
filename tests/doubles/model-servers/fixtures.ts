import type { Fixture } from "./fixture.ts";
import { azure, groq, nvidia, openAi, openRouter } from "./hosted.ts";
import { litellm } from "./litellm.ts";
import { llamaCpp } from "./llama-cpp.ts";
import { lmStudio } from "./lm-studio.ts";
import { ollama } from "./ollama.ts";
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
];
