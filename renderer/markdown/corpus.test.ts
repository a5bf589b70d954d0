import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { parseMarkdown } from "#contract/markdown/parse-markdown.ts";
import { corpus } from "#contract/markdown/testing/corpus.ts";
import { BridgeContext } from "../bridge/use-bridge.ts";
import { renderBlock } from "./render-nodes.tsx";

/** No block of the table is acted on: the commands of a bridge are not needed. */
const bridge = { commands: {} } as never;

/** The text of the page, with the marks that the table has for what is not text. */
function shown(markdown: string): string {
  const blocks = parseMarkdown(markdown).map((node) =>
    renderToStaticMarkup(createElement(BridgeContext, { value: bridge, children: renderBlock(node) }))
      .replaceAll(/<figure.*?<pre.*?>(.*?)<\/pre>.*?<\/figure>/gs, "$1")
      .replaceAll(/<a .*?><bdi>(.*?)<\/bdi><\/a>/gs, "⟨$1⟩")
      .replaceAll(/<(span|div) class="md-formula-source">(.*?)<\/\1>/gs, "⟦$2⟧")
      .replaceAll(/<code dir="auto">(.*?)<\/code>/gs, "`$1`")
      .replaceAll(/<\/?sup>/g, "")
      .replaceAll(/<(?:strong|em|del)>/g, "{")
      .replaceAll(/<\/(?:strong|em|del)>/g, "}")
      .replaceAll(/<(?:\/|li|div|t[dh]|p)[^>]*>/g, " ")
      .replaceAll(/<[^>]*>/g, "")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
  return decoded(blocks.filter((block) => block !== "").join("/"));
}

function decoded(html: string): string {
  const characters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'" };
  return html.replaceAll(/&(\w+|#x27);/g, (whole, name: string) => characters[name] ?? whole);
}

test.each(corpus)("$name is shown", ({ markdown, shown: expected }) => {
  expect(shown(markdown)).toBe(expected);
});
