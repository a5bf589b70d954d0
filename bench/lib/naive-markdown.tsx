import { renderToString } from "katex";
import { common, createLowlight } from "lowlight";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { mathFromMarkdown } from "mdast-util-math";
import { gfm } from "micromark-extension-gfm";
import { math } from "micromark-extension-math";
import { createElement, useMemo, type ReactNode } from "react";
import { useStore } from "zustand";
import { answerText, type Message } from "#contract/chat-state.ts";
import { useBridge } from "#renderer/bridge/use-bridge.ts";
import type { MarkdownProps } from "#renderer/markdown/markdown.tsx";
import "#renderer/markdown/markdown.css";

type Tree = ReturnType<typeof fromMarkdown>;
type TreeNode = Tree["children"][number];
type CodeNode = ReturnType<ReturnType<typeof createLowlight>["highlight"]>["children"][number];

const options = { extensions: [gfm(), math()], mdastExtensions: [gfmFromMarkdown(), mathFromMarkdown()] };
const lowlight = createLowlight(common);

/**
 * What Pipit's rendering is measured against: the usual way, with the same libraries. Each token parses the whole text
 * again, colours all code, sets all formulas, and renders everything. It takes the text from the chat itself, for the
 * window hands it down once per frame only.
 */
export function NaiveMarkdown({ text, streaming }: MarkdownProps) {
  const { chat } = useBridge();
  const newest = useStore(chat, ({ messages }) => (streaming ? lastText(messages) : text));
  const content = useMemo(() => fromMarkdown(newest, options).children.map(renderNode), [newest]);
  return <div className="md md-naive">{content}</div>;
}

function lastText(messages: readonly Message[]): string {
  const last = messages.at(-1);
  return last?.role === "assistant" ? answerText(last) : "";
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
