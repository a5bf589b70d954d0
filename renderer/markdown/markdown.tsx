import { memo } from "react";
import { BlockGroup, type GroupMode } from "./block-group.tsx";
import { useDocument } from "./use-document.ts";
import "./markdown.css";

export interface MarkdownProps {
  readonly text: string;
  /** More text may follow: the last block is parsed again with each change, those before it never. */
  readonly streaming: boolean;
}

/** From so many groups on, those that are out of sight are not laid out. */
const skippableGroups = 2;
/** Beyond some 100 KB an answer would burden the page even where it is not laid out. */
const removableGroups = 40;

/** An answer as rich text. A long one appears over several frames, its beginning at once. */
export const Markdown = memo(function Markdown({ text, streaming }: MarkdownProps) {
  const { groups, rest } = useDocument(text, streaming);
  const all = rest.length === 0 ? groups : [...groups, rest];
  const mode = modeOf(groups.length);
  return (
    <div className="md">
      {all.map((blocks, index) => (
        <BlockGroup key={index} blocks={blocks} mode={index < groups.length ? mode : "shown"} />
      ))}
    </div>
  );
});

function modeOf(groupCount: number): GroupMode {
  if (groupCount > removableGroups) return "removable";
  return groupCount > skippableGroups ? "skippable" : "shown";
}
