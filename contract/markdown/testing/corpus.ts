/** What an answer holds, what the page shows of it, and what a voice says of it. */
export interface CorpusRow {
  readonly name: string;
  readonly markdown: string;
  /**
   * The text as it is shown: links in ⟨⟩, formulas (as TeX) in ⟦⟧, emphasis in {}, code in ``, blocks separated by "/".
   * What the page draws instead of text is left out.
   */
  readonly shown: string;
  /** The sentences that are said in English, separated by "/". */
  readonly said: string;
}

function row(name: string, markdown: string, shown: string, said: string): CorpusRow {
  return { name, markdown, shown, said };
}

/** Shown and said must not drift apart: the page's tests and those of speech read this one table. */
export const corpus: readonly CorpusRow[] = [
  row("plain text", "Hello there, world!", "Hello there, world!", "Hello there, world!"),
  row(
    "emphasis",
    "This is **bold**, *it*, __b__, _i_, ~~gone~~ and ***both***.",
    "This is {bold}, {it}, {b}, {i}, {gone} and {{both}}.",
    "This is bold, it, b, i, gone and both.",
  ),
  row(
    "signs that are no emphasis",
    "2 * 3 is 6, 2*3 too, ~5 m",
    "2 * 3 is 6, 2*3 too, ~5 m",
    "2 * 3 is 6, 2*3 too, ~5 m",
  ),
  row("headings", "# One\n## Two #3\ntext", "One/Two #3/text", "One/Two #3/text"),
  row(
    "lists",
    "Intro:\n- one\n* two\n  - deep\n\n2) three",
    "Intro:/one/two deep/three",
    "Intro:/one/two/deep/three",
  ),
  row("tasks", "- [ ] open\n- [x] done", "open done", "open/done"),
  row(
    "code",
    "Do `npm ci --x_y`:\n```js\nlet x;\n```\nGo.",
    "Do `npm ci --x_y`:/let x;/Go.",
    "Do npm ci --x_y:/Go.",
  ),
  row("links", 'See [the docs](https://a.b/c "T").', "See ⟨the docs⟩.", "See the docs."),
  row("an address", "Go to https://a.b/c?d=e#f. Ok", "Go to ⟨https://a.b/c?d=e#f⟩. Ok", "Go to link./Ok"),
  row("a table", "| A | B |\n|---|---|\n| 1 | 2 |", "A B 1 2", "A, B/1, 2"),

  row("F17: CJK emphasis that ends in a full stop", "**粗体。**后面", "{粗体。}后面", "粗体。/后面"),
  row(
    "F17: CJK emphasis in brackets",
    "**「A」**なので**「B」**",
    "{「A」}なので{「B」}",
    "「A」なので「B」",
  ),
  row(
    "F17: CJK emphasis before Hangul",
    "**마크다운(Markdown)**은",
    "{마크다운(Markdown)}은",
    "마크다운(Markdown)은",
  ),
  row("F17: CJK text that is crossed out", "他~~删除。~~后面", "他{删除。}后面", "他删除。/后面"),
  row("F17: CJK emphasis in Western quotes", "他说**“你好”**了", "他说{“你好”}了", "他说“你好”了"),
  row(
    "F17: emphasis in scripts without capitals",
    '**"ไทย"**ครับ و**«مهم»**جدا **“यह”**है',
    '{"ไทย"}ครับ و{«مهم»}جدا {“यह”}है',
    '"ไทย"ครับ و«مهم»جدا “यह”है',
  ),
  row("F17: Western text keeps its rule", "a**(b)**c", "a**(b)**c", "a(b)c"),

  row(
    "F18: an address before a full-width bracket",
    "见 https://example.com/docs（中文说明）了解更多。",
    "见 ⟨https://example.com/docs⟩（中文说明）了解更多。",
    "见 link（中文说明）了解更多。",
  ),
  row(
    "F18: an address before a full-width stop, and what follows is still Markdown",
    "看https://example.com/a.html。**重要**",
    "看⟨https://example.com/a.html⟩。{重要}",
    "看link。/重要",
  ),
  row("F18: www and a full-width comma", "www.example.com/a，好", "⟨www.example.com/a⟩，好", "link，好"),
  row(
    "F18: an address in brackets",
    "[https://example.com/a，好]",
    "[⟨https://example.com/a⟩，好]",
    "link，好",
  ),
  row("F18: an address in guillemets", "«https://example.com/a»", "«⟨https://example.com/a⟩»", "«link»"),
  row(
    "F18: an address before a comma or a full stop of another script, or in emphasis",
    "https://a.b/c، d https://a.b/c। **https://a.b/c**后",
    "⟨https://a.b/c⟩، d ⟨https://a.b/c⟩। {⟨https://a.b/c⟩}后",
    "link، d link।/link后",
  ),
  row(
    "F18: a host or a port before a word that is set without a space",
    "https://example.com에서 www.example.org를 https://example.net:3000で https://例え.テスト/a",
    "⟨https://example.com⟩에서 ⟨www.example.org⟩를 ⟨https://example.net:3000⟩で ⟨https://例え.テスト/a⟩",
    "link에서 link를 linkで link",
  ),
  row(
    "F18: letters of any script stay",
    "https://example.com/docs文",
    "⟨https://example.com/docs文⟩",
    "link",
  ),

  row(
    "F19: money after the number",
    "Цена 5$, 10$ или 15$.",
    "Цена 5$, 10$ или 15$.",
    "Цена 5$, 10$ или 15$.",
  ),
  row("F19: a range of money", "10$-20$ each", "10$-20$ each", "10$-20$ each"),
  row(
    "F19: variables of a shell",
    "$HOME/bin:$PATH is set",
    "$HOME/bin:$PATH is set",
    "$HOME/bin:$PATH is set",
  ),
  row(
    "F19: ends of patterns",
    "^a$ and ^b$ in one line",
    "^a$ and ^b$ in one line",
    "^a$ and ^b$ in one line",
  ),
  row(
    "F19: money before the number",
    "$5 and $10, US$3-US$4",
    "$5 and $10, US$3-US$4",
    "$5 and $10, US$3-US$4",
  ),
  row(
    "F19: braces of a shell",
    "${HOME}/bin:${PATH} it is",
    "${HOME}/bin:${PATH} it is",
    "${HOME}/bin:${PATH} it is",
  ),
  row(
    "F19: patterns with more before their end",
    "[a-z]+$ or (b)$ ok",
    "[a-z]+$ or (b)$ ok",
    "a-z+$ or (b)$ ok",
  ),
  row("F19: formulas stay formulas", "the $n$th, ($x$), -$y$", "the ⟦n⟧th, (⟦x⟧), -⟦y⟧", "the n th, (x), -y"),
  row(
    "F19: an amount and words",
    "$5 (or 5$) to 10$ each",
    "$5 (or 5$) to 10$ each",
    "$5 (or 5$) to 10$ each",
  ),
  row(
    "F19: a formula with a number first",
    "$2x + 1$ and $5 \\times a$",
    "⟦2x + 1⟧ and ⟦5 \\times a⟧",
    "2x + 1 and formula",
  ),
  row("F19: formulas in Chinese", "设$x$为实数", "设⟦x⟧为实数", "设 x 为实数"),

  row(
    "F20: a formula in a sentence",
    "It is $\\frac{1}{2}ab$ now.",
    "It is ⟦\\frac{1}{2}ab⟧ now.",
    "It is formula now.",
  ),
  row(
    "F20: other delimiters",
    "So \\(a^2\\), \\[b^2\\] and $$c^2$$.",
    "So ⟦a^2⟧, ⟦b^2⟧ and ⟦c^2⟧.",
    "So formula, formula and formula.",
  ),
  row(
    "F20: formulas of their own",
    "$$\na^2\n$$\n\n\\[\nb^2\n\\]\n\nEnd.",
    "⟦a^2⟧/⟦b^2⟧/End.",
    "formula/formula/End.",
  ),
  row(
    "F20: text behind the end of a formula, which is said once",
    "$$\na = b\n\nc\n$$ is **it**.\n\n\\[\nd\n\\] too.\n\nEnd.",
    "⟦a = b c⟧ is {it}./⟦d⟧ too./End.",
    "a = b/c is it./d too./End.",
  ),
  row(
    "F20: formulas that begin or end within a line",
    "See $$\n\\alpha\n$$\n\n$$ a = b\n$$\nand\n$$\nc = d $$\n\n$$ e $$\nEnd.",
    "See ⟦\\alpha⟧/⟦a = b⟧/and/⟦c = d⟧/⟦e⟧/End.",
    "See formula/a = b/and/c = d/e/End.",
  ),
  row(
    "F21: a formula without an end is said when it is none",
    "Look:\n\n$$\nIt was no formula. Of it\n\nEnd.",
    "Look:/⟦$$ It was no formula. Of it End.⟧",
    "Look:/It was no formula./Of it/End.",
  ),
  row(
    "F19: levels of prices",
    "Luigi ($$), Thai ($$), Pho ($$).\n\n$$ moderate\n\n$$$ costs more",
    "Luigi ($$), Thai ($$), Pho ($$)./$$ moderate/$$$ costs more",
    "Luigi ($$), Thai ($$), Pho ($$)./$$ moderate/$$$ costs more",
  ),
  row(
    "F19: prices with two dollars",
    "It is $$5 and $$6 here, or $$5–$$10.\n\n$$5 and $$6\n\nSo $$5x$$ is $$y$$.",
    "It is $$5 and $$6 here, or $$5–$$10./$$5 and $$6/So ⟦5x⟧ is ⟦y⟧.",
    "It is $$5 and $$6 here, or $$5–$$10./$$5 and $$6/So 5x is y.",
  ),
  row(
    "F20: environments of formulas without dollars",
    "So:\n\\begin{align*}\na &= b \\\\\nc &= d\n\\end{align*}\nand\n\n\\begin{pmatrix}\n1 & 2\n\\end{pmatrix} too.\n\nEnd.",
    "So:/⟦\\begin{align*} a &= b \\\\ c &= d \\end{align*}⟧/and/⟦\\begin{pmatrix} 1 & 2 \\end{pmatrix}⟧ too./End.",
    "So:/formula/and/formula too./End.",
  ),
  row(
    "F20: an environment that is never ended takes its paragraph, and one of text is text",
    "\\begin{align}\na &= b\n\nThen.\n\n\\begin{center}\nHi\n\\end{center}",
    "⟦\\begin{align} a &= b ⟧/Then./\\begin{center} Hi \\end{center}",
    "formula/Then./begin{center} Hi end{center}",
  ),
  row(
    "F20: what can be read out",
    "If $x = 5$, then \\(a + b > 1\\).",
    "If ⟦x = 5⟧, then ⟦a + b > 1⟧.",
    "If x = 5, then a + b > 1.",
  ),

  row("F21: a fence in a list that is not closed", "- a\n  ```sh\n  rm\n\nAfter.", "a rm/After.", "a/After."),
  row("F21: a fence in a quote that is not closed", "> a\n> ```\n> no\n\nAfter.", "a no/After.", "a/After."),
  row(
    "F21: a fence in a list that the next item ends",
    "1. a\n   ```\n   no\n2. b\n\nAfter.",
    "a no b/After.",
    "a/b/After.",
  ),
  row("F21: a fence in a list in a quote", "> - ~~~\n>   no\n> b\n\nAfter.", "no b/After.", "b/After."),

  row("F22: drawn boxes", "Look:\n\n┌─┐ a │ b\n\nEnd.", "Look:/┌─┐ a │ b/End.", "Look:/a b/End."),
  row("F22: drawn boxes without text", "┌──┐\n│▒▒│\n└──┘\n\nEnd.", "┌──┐ │▒▒│ └──┘/End.", "End."),
  row(
    "F22: definitions",
    "See [it][1].\n\n[1]: https://a.org/b 'T'\n\nEnd.",
    "See ⟨it⟩./End.",
    "See it./End.",
  ),
  row("F22: footnotes", "A claim[^1].\n\n[^1]: src\n\nEnd.", "A claim1./1 src/End.", "A claim./End."),
  row("F22: named entities", "caf&eacute; &Alpha;&hearts; a&nbsp;b &copy;", "café Α♥ a b ©", "café Α a b ©"),
  row(
    "F22: entities in addresses and code",
    "`a&amp;b` [caf&eacute;](https://a.org)",
    "`a&amp;b` ⟨café⟩",
    "a&amp;b café",
  ),
];
