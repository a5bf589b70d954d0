import { useEffect, useEffectEvent, useId, useRef, useState } from "react";
import { useChatUiState } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { beginningOf, matchPrompts, typedName } from "./match-prompts.ts";
import { useGivePrompt, useKeptPrompts } from "./use-prompts.ts";

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** Above the text: the prompts that its `/name` may mean. Arrow keys choose, Enter and Tab take, Esc sends it away. */
export function PromptMatches() {
  const { t } = useLazyTexts("prompts");
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const text = useChatUiState((state) => state.text);
  const { kept } = useKeptPrompts();
  const give = useGivePrompt();
  const [chosen, setChosen] = useState({ text, index: 0 });
  const [dismissed, setDismissed] = useState<string>();
  const { matches, input } = matchPrompts(kept?.prompts ?? [], text);
  const open = matches.length > 0 && text !== dismissed;
  const index = chosen.text === text ? Math.min(chosen.index, matches.length - 1) : 0;
  const take = (name: string) => void give(name, input);
  /** Whether the key means something here. */
  const act = (key: string, name: string): boolean => {
    const step = steps[key];
    if (step !== undefined) setChosen({ text, index: (index + step + matches.length) % matches.length });
    else if (key === "Enter" || key === "Tab") take(name);
    else if (key === "Escape") setDismissed(text);
    else return false;
    return true;
  };
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const match = open && event.target === composerOf(list.current) ? matches[index] : undefined;
    if (match === undefined || isCombined(event) || !act(event.key, match.name)) return;
    // The composer and the window have these keys too.
    event.preventDefault();
    event.stopPropagation();
  });
  useEffect(() => {
    addEventListener("keydown", onKeyDown, { capture: true });
    return () => removeEventListener("keydown", onKeyDown, { capture: true });
  }, []);
  useEffect(() => {
    const composer = composerOf(list.current);
    if (!open || composer === undefined) return;
    const attributes = {
      "aria-autocomplete": "list",
      "aria-controls": id,
      "aria-activedescendant": `${id}-${index}`,
    } as const;
    for (const [name, value] of Object.entries(attributes)) composer.setAttribute(name, value);
    return () => {
      for (const name of Object.keys(attributes)) composer.removeAttribute(name);
    };
  }, [open, id, index]);
  return (
    <ul
      ref={list}
      id={id}
      role="listbox"
      aria-label={t("matches")}
      hidden={!open}
      className="m-1 flex flex-col hidden:hidden"
    >
      {open
        ? matches.map((prompt, at) => (
            // The keyboard's way is the composer's own, above.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
            <li
              key={prompt.name}
              id={`${id}-${at}`}
              role="option"
              aria-selected={at === index}
              // The caret stays in the composer.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => take(prompt.name)}
              className="flex cursor-default gap-2 rounded-control px-2 py-1.5 hover:bg-hover aria-selected:bg-accent-wash"
            >
              <span className="shrink-0 font-medium">{typedName(prompt.name)}</span>
              <span className="min-w-0 truncate text-soft">{beginningOf(prompt.text)}</span>
            </li>
          ))
        : undefined}
    </ul>
  );
}

function composerOf(list: HTMLElement | null): HTMLTextAreaElement | undefined {
  return list?.parentElement?.querySelector("textarea") ?? undefined;
}

function isCombined(event: KeyboardEvent): boolean {
  return event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || event.isComposing;
}
