import { memo, useEffect, useRef, useState, type RefObject } from "react";
import { renderBlock } from "./render-nodes.tsx";
import type { Block } from "#contract/markdown/read-blocks.ts";
import { watchNear } from "./watch-near.ts";

/**
 * How a group is treated while it is out of sight. `shown`: as always; `skippable`: the browser may leave out its
 * layout; `removable`: that too, and far away an empty box of the same height stands for it.
 */
export type GroupMode = "shown" | "skippable" | "removable";

export interface BlockGroupProps {
  readonly blocks: readonly Block[];
  readonly mode: GroupMode;
}

/** Some blocks of an answer, one below the other. */
export const BlockGroup = memo(function BlockGroup({ blocks, mode }: BlockGroupProps) {
  const box = useRef<HTMLDivElement>(null);
  const emptyPx = useEmptyHeight(box, blocks, mode === "removable");
  if (emptyPx !== undefined) return <div ref={box} className="md-group" style={{ blockSize: emptyPx }} />;
  return (
    <div ref={box} className="md-group" data-skippable={mode !== "shown"}>
      {blocks.map((block) => (
        <BlockView key={block.key} block={block} />
      ))}
    </div>
  );
});

const BlockView = memo(function BlockView({ block }: { readonly block: Block }) {
  return renderBlock(block.node, block);
});

/** The height of the box that stands for a group; undefined while the group itself is to be shown. */
function useEmptyHeight(
  box: RefObject<HTMLElement | null>,
  blocks: readonly Block[],
  removable: boolean,
): number | undefined {
  const [emptyPx, setEmptyPx] = useState(() => (removable ? estimatePx(blocks) : undefined));
  useEffect(() => {
    const element = box.current;
    if (!removable || element === null) return undefined;
    return watchNear(element, (near) => {
      if (near) setEmptyPx(undefined);
      else if (!isInUse(element)) setEmptyPx(element.offsetHeight);
    });
  }, [box, removable]);
  return emptyPx;
}

/** What is selected or has the focus must stay. */
function isInUse(element: Element): boolean {
  const selection = getSelection();
  const isSelected = selection?.isCollapsed === false && selection.containsNode(element, true);
  return isSelected || element.contains(document.activeElement);
}

/** Measured on answers of every kind of block, at the window's usual width. */
const heightPerCharPx = 0.48;

function estimatePx(blocks: readonly Block[]): number {
  const chars = (blocks.at(-1)?.key ?? 0) - (blocks[0]?.key ?? 0);
  return Math.ceil(chars * heightPerCharPx);
}
