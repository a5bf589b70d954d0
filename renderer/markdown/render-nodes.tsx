import { Fragment, type ReactNode } from "react";
import { CodeBlock } from "./code-block.tsx";
import { Link } from "./link.tsx";
import type { BlockNode } from "#contract/markdown/parse-markdown.ts";
import { lazily } from "../ui/lazily.tsx";
import { withoutDirectionMarks } from "./safe-url.ts";
import { TableBox, TaskBox } from "./table-box.tsx";
import { MarkedText } from "./marked-text.tsx";

const Formula = lazily(async () => (await import("./formula.tsx")).Formula);

/** What is deeper is shown as its bare text. */
const maxDepth = 40;

const headings = ["h3", "h4", "h5", "h6", "h6", "h6"] as const;

interface RenderContext {
  readonly depth: number;
  /** The block may still grow: its code is not highlighted yet. */
  readonly open: boolean;
  readonly insideLink: boolean;
}

/** How one block is rendered; the options are those of `Block`. */
export function renderBlock(
  node: BlockNode,
  options: { readonly open?: boolean; readonly continued?: boolean } = {},
): ReactNode {
  const context: RenderContext = { depth: 0, open: options.open ?? false, insideLink: false };
  if (node.type === "table") return renderTable(node, context, options.continued ?? false);
  return renderNode(node, context);
}

function deeper(context: RenderContext): RenderContext {
  return { ...context, depth: context.depth + 1 };
}

function renderChildren(nodes: readonly BlockNode[], context: RenderContext): ReactNode {
  const inner = deeper(context);
  return nodes.map((node, index) => <Fragment key={index}>{renderNode(node, inner)}</Fragment>);
}

/** What an element with `dir="auto"` holds: its side is where its first paragraph begins, which has no own direction. */
function renderBlocks(
  nodes: readonly BlockNode[],
  context: RenderContext,
  Paragraph: "p" | "div" = "p",
): ReactNode {
  const [first, ...rest] = nodes;
  if (first?.type !== "paragraph") return renderChildren(nodes, context);
  return (
    <>
      <Paragraph>{renderChildren(first.children, deeper(context))}</Paragraph>
      {renderChildren(rest, context)}
    </>
  );
}

function renderNode(node: BlockNode, context: RenderContext): ReactNode {
  if (context.depth > maxDepth) return textOf(node);
  return renderFlow(node, context) ?? renderPhrasing(node, context);
}

/** Undefined for what stands inside paragraphs. */
function renderFlow(node: BlockNode, context: RenderContext): ReactNode | undefined {
  switch (node.type) {
    case "paragraph":
      return <p dir="auto">{renderChildren(node.children, context)}</p>;
    case "heading": {
      // The page's own headings are h1 and h2: those of an answer stand below them.
      const Heading = headings[node.depth - 1] ?? "h6";
      return (
        <Heading dir="auto" data-level={node.depth}>
          {renderChildren(node.children, context)}
        </Heading>
      );
    }
    case "blockquote":
      return <blockquote dir="auto">{renderBlocks(node.children, context)}</blockquote>;
    case "list":
      return renderList(node, context);
    case "code":
      return <CodeBlock code={node.value} language={node.lang ?? ""} open={context.open} />;
    case "math":
      return renderFormula(node.value, true, node.data?.unfinished === true);
    case "table":
      return renderTable(node, context, false);
    case "thematicBreak":
      return <hr />;
    case "definition":
      return null;
    case "footnoteDefinition":
      return (
        <div className="md-footnote" dir="auto">
          <sup dir="ltr">{node.label ?? node.identifier}</sup>
          <div>{renderBlocks(node.children, context)}</div>
        </div>
      );
    default:
      return undefined;
  }
}

function renderPhrasing(node: BlockNode, context: RenderContext): ReactNode {
  switch (node.type) {
    case "text":
      if (context.insideLink) return withoutDirectionMarks(node.value);
      return node.value.includes("@") ? <MarkedText text={node.value} /> : node.value;
    case "emphasis":
      return <em>{renderChildren(node.children, context)}</em>;
    case "strong":
      return <strong>{renderChildren(node.children, context)}</strong>;
    case "delete":
      return <del>{renderChildren(node.children, context)}</del>;
    case "inlineCode":
      return <code dir="auto">{context.insideLink ? withoutDirectionMarks(node.value) : node.value}</code>;
    case "inlineMath":
      return renderFormula(node.value, node.data?.display === true, false);
    case "break":
      return <br />;
    case "html":
      return renderHtml(node.value, context);
    case "link":
      return renderLink(
        node.url,
        textOf(node),
        renderChildren(node.children, { ...context, insideLink: true }),
      );
    case "image": {
      const text = withoutDirectionMarks(node.alt ?? "") || node.url;
      return renderLink(node.url, text, text);
    }
    case "footnoteReference":
      return <sup dir="ltr">{node.label ?? node.identifier}</sup>;
    default:
      return textOf(node);
  }
}

function renderLink(url: string, text: string, children: ReactNode): ReactNode {
  // Of "www.example.org" the parser makes an http address; who wrote it meant none.
  const wanted = url === `http://${text}` ? `https://${text}` : url;
  return (
    <Link url={wanted} text={text}>
      {children}
    </Link>
  );
}

/** HTML is never interpreted. Only a line break, which tables cannot have otherwise, is understood. */
function renderHtml(value: string, context: RenderContext): ReactNode {
  if (/^<br\s*\/?>$/i.test(value)) return <br />;
  return context.depth === 0 ? (
    <p className="md-html" dir="auto">
      {value}
    </p>
  ) : (
    value
  );
}

function renderFormula(tex: string, display: boolean, unfinished: boolean): ReactNode {
  const source = display ? (
    <div className="md-formula-source">{tex}</div>
  ) : (
    <span className="md-formula-source">{tex}</span>
  );
  if (unfinished) return source;
  return <Formula tex={tex} display={display} fallback={source} />;
}

function renderList(node: Extract<BlockNode, { type: "list" }>, context: RenderContext): ReactNode {
  const items = node.children.map((item, index) => (
    <li key={index} dir="auto" className={typeof item.checked === "boolean" ? "md-task" : undefined}>
      {typeof item.checked === "boolean" && <TaskBox checked={item.checked} />}
      {/* The first paragraph stands beside the bullet whether the list is loose or not, so that growing it moves nothing. */}
      {renderBlocks(item.children, context, "div")}
    </li>
  ));
  return node.ordered === true ? <ol start={node.start ?? 1}>{items}</ol> : <ul>{items}</ul>;
}

function renderTable(
  node: Extract<BlockNode, { type: "table" }>,
  context: RenderContext,
  continued: boolean,
): ReactNode {
  const [head, ...rows] = node.children;
  const inner = deeper(context);
  const cells = (row: (typeof node.children)[number] | undefined, Cell: "th" | "td"): ReactNode =>
    row?.children.map((cell, index) => (
      <Cell key={index} dir="auto" data-align={node.align?.[index] ?? undefined}>
        {renderChildren(cell.children, inner)}
      </Cell>
    ));
  if (continued && rows.length === 0) return null;
  return (
    <TableBox rowCount={node.children.length}>
      {!continued && (
        <thead>
          <tr>{cells(head, "th")}</tr>
        </thead>
      )}
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>{cells(row, "td")}</tr>
        ))}
      </tbody>
    </TableBox>
  );
}

/** The bare text of a node, without recursion. */
function textOf(node: BlockNode): string {
  const texts: string[] = [];
  const stack: BlockNode[] = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ("value" in next) texts.push(next.value);
    else if ("children" in next) stack.push(...next.children.toReversed());
  }
  return texts.join(" ");
}
