import { memo } from "react";
import { renderBlock } from "./render-nodes.tsx";
import type { Block } from "./seal-blocks.ts";
import { useDocument } from "./use-document.ts";
import "./markdown.css";

export interface MarkdownProps {
  readonly text: string;
  /** More text may follow: the last block is parsed again with each change, those before it never. */
  readonly streaming: boolean;
}

/** So many groups are worth leaving out those that are out of sight. */
const skippableGroups = 2;

/** An answer as rich text. A long one appears over several frames, its beginning at once. */
export const Markdown = memo(function Markdown({ text, streaming }: MarkdownProps) {
  const { groups, rest } = useDocument(text, streaming);
  const all = rest.length === 0 ? groups : [...groups, rest];
  return (
    <div className="md">
      {all.map((blocks, index) => (
        <BlockGroup
          key={index}
          blocks={blocks}
          skippable={index < groups.length && groups.length > skippableGroups}
        />
      ))}
    </div>
  );
});

interface BlockGroupProps {
  readonly blocks: readonly Block[];
  /** The browser may leave out its layout while it is out of sight. */
  readonly skippable: boolean;
}

const BlockGroup = memo(function BlockGroup({ blocks, skippable }: BlockGroupProps) {
  return (
    <div className="md-group" data-skippable={skippable}>
      {blocks.map((block) => (
        <BlockView key={block.key} block={block} />
      ))}
    </div>
  );
});

const BlockView = memo(function BlockView({ block }: { readonly block: Block }) {
  return renderBlock(block.node, block);
});
