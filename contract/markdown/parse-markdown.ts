import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { mathFromMarkdown } from "mdast-util-math";
import { gfm } from "micromark-extension-gfm";
import type { ConstructRecord, Extension } from "micromark-util-types";
import { addressEnd, withCjkRules } from "./cjk-syntax.ts";
import { formulaFromMarkdown, formulaSyntax } from "./formula-syntax.ts";

/** One block at the top of a document. */
export type BlockNode = ReturnType<typeof fromMarkdown>["children"][number];

const gfmSyntax = withCjkRules(gfm({ singleTilde: false }));
const gfmNodes = gfmFromMarkdown();
const formulaNodes = [mathFromMarkdown(), formulaFromMarkdown];

const extensions = [gfmSyntax, formulaSyntax];
const withoutEmphasis = [...extensions, { disable: { null: ["attention", "strikethrough"] } }];
/** For text without `@`: trying each word as a mail address costs more than all the rest. */
const withoutMail = [withoutMailAddresses(gfmSyntax), formulaSyntax];

const mdastExtensions = [gfmNodes, ...formulaNodes];
/** For text without what an address can be found by once escapes and character references are resolved. */
const withoutSearch = [gfmNodes.map((nodes) => ({ ...nodes, transforms: [] })), ...formulaNodes];
const mayHoldAddress = /@|:\/\/|www\.|\\[@:/.]|&[#a-z]/i;

/** Without the construct, also at the letters where it begins: one that is disabled is still tried. */
function withoutMailAddresses(syntax: Extension): Extension {
  const text: ConstructRecord = {};
  for (const [code, constructs] of Object.entries(syntax.text ?? {})) {
    const kept = [constructs ?? []].flat().filter(({ name }) => name !== "emailAutolink");
    if (kept.length > 0) text[Number(code)] = kept;
  }
  return { ...syntax, text };
}

/** Runs of `*`, `_` and `~`: matching them costs the square of their number. */
const emphasisMaxRuns = 400;
const emphasisRun = /[*_~]+/g;

function hasTooManyRuns(source: string): boolean {
  return (source.match(emphasisRun)?.length ?? 0) > emphasisMaxRuns;
}

/**
 * The top-level blocks of `source` (GFM and formulas), with offsets into it. Meant for a few kilobytes; see
 * `createMarkdownDocument` for more. A block with more than 400 runs of emphasis marks shows them as they are.
 */
export function parseMarkdown(source: string): readonly BlockNode[] {
  const nodes = parseBlocks(source);
  if (source.includes("]:")) resolveReferences(nodes);
  if (addressEnd.test(source)) endAddresses(nodes);
  return nodes;
}

function parseBlocks(source: string): BlockNode[] {
  if (!hasTooManyRuns(source)) {
    return fromMarkdown(source, {
      extensions: source.includes("@") ? extensions : withoutMail,
      mdastExtensions: mayHoldAddress.test(source) ? mdastExtensions : withoutSearch,
    }).children;
  }
  const { children } = fromMarkdown(source, { extensions: withoutEmphasis, mdastExtensions });
  if (children.length === 1) return children;
  // Where blocks begin does not depend on emphasis, so those with little of it are read again.
  return children.map((node) => {
    const start = node.position?.start.offset ?? 0;
    const own = source.slice(start, node.position?.end.offset);
    if (hasTooManyRuns(own)) return node;
    const again = fromMarkdown(own, { extensions, mdastExtensions }).children;
    const only = again[0];
    return only !== undefined && again.length === 1 && only.type === node.type && node.position !== undefined
      ? { ...only, position: node.position }
      : node;
  });
}

type Definition = Extract<BlockNode, { type: "definition" }>;

/** Turns references into the links and pictures that they stand for, so that each block can be rendered by itself. */
function resolveReferences(nodes: readonly BlockNode[]): void {
  const definitions = new Map<string, Definition>();
  for (const node of walk(nodes)) {
    if (node.type === "definition" && !definitions.has(node.identifier))
      definitions.set(node.identifier, node);
  }
  for (const node of definitions.size === 0 ? [] : walk(nodes)) {
    if (node.type !== "linkReference" && node.type !== "imageReference") continue;
    const target = definitions.get(node.identifier);
    if (target === undefined) continue;
    const type = node.type === "linkReference" ? "link" : "image";
    Object.assign(node, { type, url: target.url, title: target.title ?? null });
  }
}

/**
 * Ends addresses at full-width punctuation that only mdast-util-gfm-autolink-literal found, such as `[https://…]`: they
 * are links without a position.
 */
function endAddresses(nodes: readonly BlockNode[]): void {
  for (const node of walk(nodes)) {
    if (!("children" in node)) continue;
    const children: readonly BlockNode[] = node.children;
    const ended = children.flatMap((child): readonly BlockNode[] => {
      const text = child.type === "link" && child.position === undefined ? child.children[0] : undefined;
      const at = text?.type === "text" ? text.value.search(addressEnd) : -1;
      if (child.type !== "link" || text?.type !== "text" || at < 0) return [child];
      const url = child.url.slice(0, at - text.value.length);
      return [
        { ...child, url, children: [{ type: "text", value: text.value.slice(0, at) }] },
        { type: "text", value: text.value.slice(at) },
      ];
    });
    Object.assign(node, { children: ended });
  }
}

/** Every node, parents first, without recursion. */
function* walk(nodes: readonly BlockNode[]): Generator<BlockNode, void, void> {
  const stack = nodes.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node;
    if ("children" in node) stack.push(...node.children.toReversed());
  }
}
