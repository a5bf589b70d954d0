import type { ContextMenuParams, MenuItemConstructorOptions, WebContents } from "electron";
import { oneLine } from "#contract/texts/one-line.ts";
import type { DesktopTexts } from "../shell/texts.ts";
import { isAppUrl } from "./app-origin.ts";

/** More suggestions would push the rest of the menu away. */
const SUGGESTIONS_MAX = 5;
/** As much of a selection as a menu's item has room for. */
const SELECTION_MAX_CHARS = 24;

/** What the menu is made for. */
export type ContextTarget = Pick<
  ContextMenuParams,
  | "isEditable"
  | "selectionText"
  | "linkURL"
  | "mediaType"
  | "hasImageContents"
  | "misspelledWord"
  | "dictionarySuggestions"
  | "editFlags"
  | "x"
  | "y"
>;

/** What its items do to the page and the system. */
export interface ContextActions extends Pick<
  WebContents,
  "replaceMisspelling" | "showDefinitionForSelection" | "copyImageAt"
> {
  readonly learnWord: (word: string) => void;
  readonly copyText: (text: string) => void;
}

type Item = MenuItemConstructorOptions;

/** The items for what was clicked, in groups; none where there is nothing to do. */
export function contextMenuItems(
  target: ContextTarget,
  platform: NodeJS.Platform,
  texts: DesktopTexts["menu"],
  actions: ContextActions,
): Item[] {
  const groups = [
    spellingItems(target, texts, actions),
    platform === "darwin" ? lookUpItems(target, texts, actions) : [],
    linkItems(target, texts, actions),
    editItems(target, texts),
  ].filter((group) => group.length > 0);
  return groups.flatMap((group, index) => (index === 0 ? group : [{ type: "separator" }, ...group]));
}

function spellingItems(target: ContextTarget, texts: DesktopTexts["menu"], actions: ContextActions): Item[] {
  const { misspelledWord, dictionarySuggestions } = target;
  if (misspelledWord === "") return [];
  const suggestions = dictionarySuggestions.slice(0, SUGGESTIONS_MAX).map((word): Item => ({
    label: plainLabel(word),
    click: () => actions.replaceMisspelling(word),
  }));
  const none: Item = { label: texts.noSuggestions, enabled: false };
  const learn: Item = { label: texts.learn, click: () => actions.learnWord(misspelledWord) };
  return [...(suggestions.length === 0 ? [none] : suggestions), learn];
}

function lookUpItems(
  { selectionText }: ContextTarget,
  texts: DesktopTexts["menu"],
  actions: ContextActions,
): Item[] {
  const text = selectionText.trim();
  if (text === "") return [];
  const short = text.length > SELECTION_MAX_CHARS ? `${text.slice(0, SELECTION_MAX_CHARS)}…` : text;
  return [{ label: texts.lookUp(plainLabel(short)), click: () => actions.showDefinitionForSelection() }];
}

function linkItems(target: ContextTarget, texts: DesktopTexts["menu"], actions: ContextActions): Item[] {
  const { linkURL, mediaType, hasImageContents, x, y } = target;
  const link: Item = { label: texts.copyLink, click: () => actions.copyText(linkURL) };
  const picture: Item = { label: texts.copyPicture, click: () => actions.copyImageAt(x, y) };
  return [
    ...(linkURL === "" || isAppUrl(linkURL) ? [] : [link]),
    ...(mediaType === "image" && hasImageContents ? [picture] : []),
  ];
}

function editItems(target: ContextTarget, texts: DesktopTexts["menu"]): Item[] {
  const { isEditable, selectionText, editFlags } = target;
  const copy: Item = { role: "copy", label: texts.copy, enabled: editFlags.canCopy };
  const selectAll: Item = { role: "selectAll", label: texts.selectAll, enabled: editFlags.canSelectAll };
  if (isEditable)
    return [
      { role: "undo", label: texts.undo, enabled: editFlags.canUndo },
      { role: "cut", label: texts.cut, enabled: editFlags.canCut },
      copy,
      { role: "paste", label: texts.paste, enabled: editFlags.canPaste },
      selectAll,
    ];
  return selectionText.trim() === "" ? [] : [copy];
}

/** Menus read `&` as a mark of the key that chooses an item. */
function plainLabel(text: string): string {
  return oneLine(text).replaceAll("&", "&&");
}
