import type { ModelCheck, ModelConnection } from "#contract/model-connection.ts";
import { answer, question } from "./messages.ts";
import { failWith, type ScriptedBridge } from "./scripted-bridge.ts";

/** States of connecting a model: the card, the note in a conversation, the form and the settings. */
export const modelScenes: Readonly<Record<string, (bridge: ScriptedBridge) => void>> = {
  "model-none": withoutModel,
  "model-others": (bridge) => {
    withoutModel(bridge);
    bridge.answers.modelConnection = failWith("NOT_ALLOWED", "This is for admins of this server.");
  },
  "model-ollama-empty": (bridge) => {
    withoutModel(bridge);
    const ollama = { url: "http://127.0.0.1:11434/v1", models: [] };
    bridge.answers.modelConnection = (): ModelConnection => ({ from: "none", hasKey: false, ollama });
  },
  "model-chat": (bridge) => {
    withoutModel(bridge);
    bridge.chat.setState({
      messages: [
        question("q1", "Why is the sky blue?"),
        answer("a1", "q1", "I cannot answer that: no language model is connected."),
      ],
    });
  },
  "model-form": (bridge) => form(bridge, { models: ["qwen3:8b", "llama3.2:latest", "gpt-oss:20b"] }),
  "model-form-unreachable": (bridge) => form(bridge, { models: [], problem: "unreachable" }),
  "model-form-incompatible": (bridge) => form(bridge, { models: [], problem: "not-compatible" }),
  "model-form-configured": (bridge) => {
    bridge.answers.modelConnection = configured;
    bridge.intend({ kind: "open", view: "model" });
  },
  "model-settings": (bridge) => {
    bridge.answers.modelConnection = (): ModelConnection => ({
      from: "saved",
      url: "https://openrouter.ai/api/v1",
      model: "anthropic/claude-sonnet-5",
      hasKey: true,
    });
    bridge.intend({ kind: "open", view: "settings" });
  },
  "model-settings-configured": (bridge) => {
    bridge.answers.modelConnection = configured;
    bridge.intend({ kind: "open", view: "settings" });
  },
};

function withoutModel(bridge: ScriptedBridge): void {
  bridge.app.setState({
    server: { kind: "ready", httpUrl: "http://127.0.0.1:8787", own: true, model: null },
  });
}

function form(bridge: ScriptedBridge, check: ModelCheck): void {
  withoutModel(bridge);
  bridge.answers.checkModel = () => check;
  bridge.intend({ kind: "open", view: "model" });
}

const configured = (): ModelConnection => ({
  from: "configuration",
  url: "https://models.example.org",
  model: "llama3.3:70b",
  hasKey: true,
  setBy: "PIPIT_MODEL_URL",
});
