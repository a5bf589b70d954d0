import { platform } from "./platform.ts";
import { strict, StrictObject } from "./strict.ts";

/** What Electron writes; it rejects other kinds, but for its own, which are not here. */
const KINDS = ["text/plain", "text/html", "text/rtf", "text/uri-list", "image/png", "image/svg+xml"];

type Given = string | Blob | Promise<string | Blob>;

/** One entry of a clipboard, in as many kinds as it was given. */
export class ClipboardItem extends StrictObject {
  readonly types: readonly string[];
  readonly #given: Readonly<Record<string, Given>>;

  constructor(given: Readonly<Record<string, Given>>) {
    super("ClipboardItem");
    if (Object.keys(given).length === 0) throw new TypeError("ClipboardItem: there is nothing in it");
    this.types = Object.keys(given);
    this.#given = given;
  }
  async getType(type: string): Promise<Blob> {
    const given = await this.#given[type];
    if (given === undefined) throw new Error(`The type "${type}" is not in this item`);
    return typeof given === "string" ? new Blob([given], { type }) : given;
  }
}

/** Of this process only. */
function createClipboard() {
  let held = new Map<string, Given>();
  const write = async (items: readonly ClipboardItem[]): Promise<void> => {
    const next = new Map<string, Given>();
    if (!Array.isArray(items) || items.some((item) => !(item instanceof ClipboardItem)))
      throw new TypeError("clipboard.write expects an array of ClipboardItem");
    for (const item of items) {
      for (const type of item.types) {
        if (!KINDS.includes(type)) throw new Error(`Type ${type} not supported on write`);
        const blob = await item.getType(type);
        next.set(type, type === "text/plain" ? await blob.text() : blob);
      }
    }
    held = next;
  };
  const heldText = (): string => String(held.get("text/plain") ?? "");
  const module = {
    read: async (): Promise<ClipboardItem[]> =>
      held.size === 0 ? [] : [new ClipboardItem(Object.fromEntries(held))],
    write,
    readText: async (): Promise<string> => heldText(),
    async writeText(text: string): Promise<void> {
      held = new Map([["text/plain", text]]);
    },
    has: async (type: string): Promise<boolean> => held.has(type),
    clear: (): void => held.clear(),
  };
  return { module, heldText };
}

const copied = createClipboard();
export const clipboard = strict(
  {
    ...copied.module,
    /** What is selected in any program: only Linux has it. */
    selection: platform === "linux" ? strict(createClipboard().module, "clipboard.selection") : undefined,
  },
  "clipboard",
);
/** What a paste would give, for the stand-in's own use. */
export const { heldText } = copied;
