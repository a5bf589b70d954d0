import { expect, test } from "vitest";
import { flag, html } from "./html.ts";

test("text is escaped in elements and in attributes", () => {
  const text = `<b a="1" b='2'>&amp;</b>`;
  const escaped = "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;";
  expect(html`<p title="${text}">${text}</p>`.markup).toBe(`<p title="${escaped}">${escaped}</p>`);
});

test("markup made by the template is not escaped again, alone or in lists", () => {
  const items = ["<a>", "b"].map((item) => html`<li>${item}</li>`);
  expect(
    html`<ul>
      ${items}
    </ul>`.markup.replaceAll(/\s/g, ""),
  ).toBe("<ul><li>&lt;a&gt;</li><li>b</li></ul>");
  expect(html`<p>${html`<b>${"<"}</b>`}</p>`.markup).toBe("<p><b>&lt;</b></p>");
});

test("numbers are written, undefined and false are nothing, and flags are attributes", () => {
  expect(html`${1}${undefined}${false}<i${flag("required", true)}${flag("autofocus", false)}>`.markup).toBe(
    "1<i required>",
  );
});
