import type { FoundModels } from "#contract/model-connection.ts";

/** Model servers that people have; addresses as these programs have them when nothing is changed. */
export const presets = [
  { id: "ollama", name: "Ollama", url: "http://127.0.0.1:11434/v1", hosted: false },
  { id: "lm-studio", name: "LM Studio", url: "http://127.0.0.1:1234/v1", hosted: false },
  { id: "llama-cpp", name: "llama.cpp", url: "http://127.0.0.1:8080/v1", hosted: false },
  { id: "openai", name: "OpenAI", url: "https://api.openai.com/v1", hosted: true },
  { id: "openrouter", name: "OpenRouter", url: "https://openrouter.ai/api/v1", hosted: true },
  { id: "own", name: undefined, url: "", hosted: false },
] as const;

export type Preset = (typeof presets)[number];

/** Where most people's own model server is. */
export const localAddress = presets[0].url;

/** The preset of an address; that of all others without one. */
export function presetOf(url: string, ollama: FoundModels | undefined): Preset["id"] {
  if (url === ollama?.url) return "ollama";
  return presets.find((preset) => preset.url === url)?.id ?? "own";
}
