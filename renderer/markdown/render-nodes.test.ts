import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { parseMarkdown } from "#contract/markdown/parse-markdown.ts";
import { renderBlock } from "./render-nodes.tsx";

/** What needs no bridge and no texts. */
function html(markdown: string): string {
  return parseMarkdown(markdown)
    .map((node) => renderToStaticMarkup(renderBlock(node)))
    .join("");
}

it("puts the headings of an answer below those of the page", () => {
  expect(html("# One\n\n### Three\n\n###### Six")).toBe(
    '<h3 dir="auto" data-level="1">One</h3><h5 dir="auto" data-level="3">Three</h5><h6 dir="auto" data-level="6">Six</h6>',
  );
});

it("marks emphasis, and keeps line breaks", () => {
  expect(html("**a** *b* ~~c~~ `d`  \ne")).toBe(
    '<p dir="auto"><strong>a</strong> <em>b</em> <del>c</del> <code dir="auto">d</code><br/>e</p>',
  );
});

it("numbers lists from where they begin, and draws loose ones like tight ones", () => {
  const tight = html("3. a\n4. b");
  expect(tight).toBe('<ol start="3"><li dir="auto"><div>a</div></li><li dir="auto"><div>b</div></li></ol>');
  expect(html("3. a\n\n4. b")).toBe(tight);
});

it("shows HTML as text, but for line breaks", () => {
  expect(html("<b>x</b> <br> <img src=x onerror=y>")).not.toMatch(/<(?:b|img)[ >]/);
  expect(html("a<br>b")).toContain("a<br/>b");
  expect(html("<script>alert(1)</script>")).toBe(
    '<p class="md-html" dir="auto">&lt;script&gt;alert(1)&lt;/script&gt;</p>',
  );
});

it("shows what is nested too deep as its text", () => {
  const markup = html(`${"> ".repeat(60)}deep`);
  expect(markup.match(/<blockquote/g)?.length).toBeLessThanOrEqual(41);
  expect(markup).toContain("deep");
});

it("draws nothing for definitions", () => {
  expect(html("[a]: https://example.org")).toBe("");
});
