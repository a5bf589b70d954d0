import type { KeptPrompts, Prompt } from "#contract/prompts.ts";
import type { ScriptedBridge } from "./scripted-bridge.ts";

const sample: readonly Prompt[] = [
  {
    name: "explain",
    text: "Explain this to a newcomer, in three sentences:\n\n{selection}",
    hotkey: "CommandOrControl+Shift+E",
  },
  { name: "исправь", text: "Исправь ошибки и ничего больше не меняй: {input}" },
  { name: "email", text: "Turn this into a short and friendly email: {clipboard}", hotkey: "Alt+F4" },
];

/** Prompts of one's own: the picker, none yet, and what `/name` may mean. */
export const promptScenes: Readonly<Record<string, (bridge: ScriptedBridge) => void>> = {
  prompts: (bridge) => {
    keep(bridge, sample);
    bridge.intend({ kind: "open", view: "prompts" });
  },
  "prompts-empty": (bridge) => {
    keep(bridge, []);
    bridge.intend({ kind: "open", view: "prompts" });
  },
  "prompts-named": (bridge) => {
    keep(bridge, sample);
    bridge.intend({ kind: "compose", text: "/e" });
  },
};

/** As a host does it, to which the system refuses one of the keys. */
function keep(bridge: ScriptedBridge, first: readonly Prompt[]): void {
  let prompts = first;
  const kept = (): KeptPrompts => ({ prompts, refused: ["Alt+F4"] });
  bridge.answers.listPrompts = kept;
  bridge.answers.savePrompts = (input) => {
    ({ prompts } = input as { readonly prompts: readonly Prompt[] });
    return kept();
  };
  bridge.answers.givePrompt = (input) => {
    const { name } = input as { readonly name: string };
    const text = prompts.find((one) => one.name === name)?.text ?? "";
    return { text, values: { selection: "selected", clipboard: "copied" } };
  };
}
