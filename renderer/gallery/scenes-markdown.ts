import { answer, question } from "./messages.ts";
import { sampleAnswer } from "./sample-answer.ts";
import type { ScriptedBridge } from "./scripted-bridge.ts";

/** Rich text of every kind. */
export const richAnswer = `# Plan for *Oslo*

Take the **ferry** at \`09:15\`, see [the timetable](https://ferry.example/times), or https://example.org.
The price is $5 or $10; the distance is $d = \\sqrt{x^2 + y^2}$, or \\(\\frac{a}{b}\\).

- [x] tickets
- [ ] ~~hotel~~ cabin
  1. by the lake
  2. with a stove

\`\`\`ts
// how far it is
export function distance(x: number, y: number): number {
  return Math.hypot(x, y) + 0.5; // "half"
}
\`\`\`

\\[
\\int_0^1 x^2 \\, dx = \\frac{1}{3}
\\]

| place | km | note |
| :---- | --: | :--: |
| Bygdøy | 4 | museum |
| Holmenkollen | 12 | <br> view |

> A quotation[^1]
> of two lines.

[^1]: And its footnote.

---

Последний абзац — по-русски. שלום עולם.
`;

/** An answer as the only message of the chat. */
function show(bridge: ScriptedBridge, text: string, status: "done" | "streaming" = "done"): void {
  bridge.chat.setState({ messages: [question("q1", "Tell me"), answer("a1", "q1", text, { status })] });
}

/** Scenes of rich text. */
export const markdownScenes: Readonly<Record<string, (bridge: ScriptedBridge) => void>> = {
  markdown: (bridge) => show(bridge, richAnswer),
  "markdown-long": (bridge) => show(bridge, sampleAnswer(57_000)),
  "markdown-huge": (bridge) => show(bridge, sampleAnswer(2_000_000)),
};
