import { renderToString } from "katex";
import { common, createLowlight } from "lowlight";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { mathFromMarkdown } from "mdast-util-math";
import { gfm } from "micromark-extension-gfm";
import { math } from "micromark-extension-math";
import { createElement, type ReactNode } from "react";
import type { MarkdownProps } from "#renderer/markdown/markdown.tsx";
import "#renderer/markdown/markdown.css";

type Tree = ReturnType<typeof fromMarkdown>;
type TreeNode = Tree["children"][number];
type CodeNode = ReturnType<ReturnType<typeof createLowlight>["highlight"]>["children"][number];

const options = { extensions: [gfm(), math()], mdastExtensions: [gfmFromMarkdown(), mathFromMarkdown()] };
const lowlight = createLowlight(common);

/**
 * What Pipit's rendering is measured against: the usual way, with the same libraries. Each change parses the whole text
 * again, colours all code, sets all formulas, and renders everything.
 */
export function NaiveMarkdown({ text }: MarkdownProps) {
  return <div className="md md-naive">{fromMarkdown(text, options).children.map(renderNode)}</div>;
}

const tags: Readonly<Record<string, string>> = {
  paragraph: "p",
  blockquote: "blockquote",
  emphasis: "em",
  strong: "strong",
  delete: "del",
  listItem: "li",
  thematicBreak: "hr",
  break: "br",
};

function renderNode(node: TreeNode, key: number): ReactNode {
  switch (node.type) {
    case "text":
    case "html":
      return node.value;
    case "heading":
      return createElement(`h${Math.min(6, node.depth + 2)}`, { key }, node.children.map(renderNode));
    case "list":
      return createElement(node.ordered === true ? "ol" : "ul", { key }, node.children.map(renderNode));
    case "link":
      return (
        <a key={key} href={node.url}>
          {node.children.map(renderNode)}
        </a>
      );
    case "inlineCode":
      return <code key={key}>{node.value}</code>;
    case "code":
      return renderCode(node.value, node.lang ?? "", key);
    case "math":
    case "inlineMath":
      return renderTex(node.value, node.type === "math", key);
    case "table":
      return renderTable(node, key);
    default: {
      const children = "children" in node ? node.children.map(renderNode) : undefined;
      return createElement(tags[node.type] ?? "span", { key }, children);
    }
  }
}

function renderTable(node: Extract<TreeNode, { type: "table" }>, key: number): ReactNode {
  return (
    <table key={key}>
      <tbody>
        {node.children.map((row, rowIndex) => (
          <tr key={rowIndex}>
            {row.children.map((cell, index) => (
              <td key={index}>{cell.children.map(renderNode)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function renderCode(code: string, language: string, key: number): ReactNode {
  const coloured = lowlight.registered(language)
    ? lowlight.highlight(language, code).children.map(renderCodeNode)
    : code;
  return (
    <figure key={key} className="md-code">
      <pre>
        <code>{coloured}</code>
      </pre>
    </figure>
  );
}

function renderCodeNode(node: CodeNode, key: number): ReactNode {
  if (node.type === "text") return node.value;
  return node.type === "element" ? <span key={key}>{node.children.map(renderCodeNode)}</span> : null;
}

function renderTex(tex: string, displayMode: boolean, key: number): ReactNode {
  const html = renderToString(tex, { output: "mathml", displayMode, throwOnError: false });
  return <span key={key} dangerouslySetInnerHTML={{ __html: html }} />;
}
