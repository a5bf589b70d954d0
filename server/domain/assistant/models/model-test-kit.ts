import { createServer, type AddressInfo } from "node:net";
import type { AnswerPart, AnswerRequest, AssistantTool, ToolResult } from "../ports.ts";
import type { Logger } from "#contract/logger.ts";
import { createLanguageModel } from "./language-model.ts";
import type { ModelAbilities } from "./model-endpoint.ts";
import { defaultModelLimits, type ModelLimits } from "./model-limits.ts";
import { createSdkLoader } from "./model-sdk.ts";

/** Helpers of the tests in this folder; they talk to the loopback double over real HTTP. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
export const never: AbortSignal = new AbortController().signal;

/** Limits that let a test see a timeout within a blink. */
export const shortLimits: ModelLimits = {
  ...defaultModelLimits,
  // What comes before the silence must come within it, also on a busy machine.
  silenceMs: 1_000,
  toolTimeoutMs: 100,
};

export interface TestModelOptions {
  readonly key?: string;
  readonly limits?: ModelLimits;
  readonly abilities?: ModelAbilities;
  readonly kind?: "configured" | "ollama";
}

export function modelAt(url: string, options: TestModelOptions = {}) {
  return createLanguageModel({
    endpoint: { kind: options.kind ?? "configured", baseUrl: url, key: options.key, model: "test-model" },
    abilities: options.abilities ?? { images: true, tools: true },
    limits: options.limits ?? defaultModelLimits,
    sdk: createSdkLoader(),
    clock: { nowMs: () => Date.UTC(2026, 10, 21) },
    logger: silentLogger,
  });
}

export function ask(text: string, more: Partial<AnswerRequest> = {}): AnswerRequest {
  return { messages: [{ role: "user", text }], tools: [], locale: "en", ...more };
}

export function askWithImage(text: string, image: Uint8Array, locale = "en"): AnswerRequest {
  return { messages: [{ role: "user", text, images: [image] }], tools: [], locale };
}

/** All parts, and the error that ended them, if one did. */
export async function collect(
  parts: AsyncIterable<AnswerPart>,
): Promise<{ parts: AnswerPart[]; error: unknown }> {
  const seen: AnswerPart[] = [];
  try {
    for await (const part of parts) seen.push(part);
    return { parts: seen, error: undefined };
  } catch (error) {
    return { parts: seen, error };
  }
}

export function textOf(parts: readonly AnswerPart[]): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

export function toolNamed(
  name: string,
  run: (input: unknown, signal: AbortSignal) => Promise<ToolResult>,
): AssistantTool {
  return {
    name,
    description: `Test tool ${name}`,
    inputSchema: { type: "object", properties: { expression: { type: "string" } } },
    run,
  };
}

/** A port on loopback that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
