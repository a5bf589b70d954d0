import { answer, question } from "./messages.ts";
import { modelScenes } from "./scenes-model.ts";
import { chatScenes } from "./scenes-chat.ts";
import { markdownScenes } from "./scenes-markdown.ts";
import { profileScenes } from "./scenes-profile.ts";
import { promptScenes } from "./scenes-prompts.ts";
import { roomScenes } from "./scenes-rooms.ts";
import { shellScenes } from "./scenes-shell.ts";
import { signInScenes } from "./scenes-sign-in.ts";
import type { ScriptedBridge } from "./scripted-bridge.ts";

/** Named states of the window. Add one here for each state that a test, a benchmark or a picture needs. */
export const scenes: Readonly<Record<string, (bridge: ScriptedBridge) => void>> = {
  ...chatScenes,
  ...markdownScenes,
  ...modelScenes,
  ...profileScenes,
  ...promptScenes,
  ...roomScenes,
  ...shellScenes,
  ...signInScenes,
  empty: () => undefined,
  conversation: (bridge) =>
    bridge.chat.setState({
      title: "A weekend in Oslo",
      messages: [
        question("q1", "What is 18% of 2400?"),
        answer("a1", "q1", "18% of 2400 is **432**.\n\n```ts\nconst tip = 0.18 * 2400;\n```"),
      ],
    }),
  "signed-out": (bridge) => bridge.auth.setState({ kind: "signed-out", reason: "refused" }, true),
  "first-run": (bridge) => {
    bridge.auth.setState({ kind: "signed-out", reason: "never" }, true);
    bridge.app.setState(({ settings }) => ({ settings: { ...settings, firstRunDone: false } }));
  },
  offline: (bridge) => bridge.chat.setState({ connection: "offline", queuedCount: 2 }),
};
