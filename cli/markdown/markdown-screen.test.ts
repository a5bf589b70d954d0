import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createMarkdownScreen } from "./markdown-screen.ts";
import { createSmallTerminal } from "./testing/small-terminal.ts";
import { widthOf } from "./text-width.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open({ columns = 40, rows = 24, colour = false } = {}) {
  const small = createSmallTerminal(columns, rows);
  const { stdout } = small;
  const terminal = { stdin: new PassThrough(), stdout, stderr: new PassThrough(), colour };
  return { ...small, screen: createMarkdownScreen(terminal) };
}

function shown(markdown: string, options: Parameters<typeof open>[0] = {}): string {
  const { screen, text } = open(options);
  screen.write(markdown);
  screen.end();
  return text().trimEnd();
}

const tour = `# Birds of *the* field

A **pipit** is a small bird; see [the list](https://a.example/birds) and ~~not~~ \`code --it\`.

- one
- two with words that are long enough to be broken at forty columns
  1. deep
  2. deeper
- [x] done

> quoted **text**

\`\`\`js
const a = 1; // a line of code that is longer than forty columns and stays whole
\tlet b;
\`\`\`

| Bird | Länge | 名前 |
|:-----|------:|------|
| Meadow pipit, which is common here | 15 cm | マキバタヒバリ 🐦 |
| Tree pipit | 16 cm | 木 |

---

$$
x^2
$$

The end 👩‍💻 of $y_1$.
`;

describe("Markdown on a terminal", () => {
  test("is rendered at 40 columns", () => {
    expect(shown(tour)).toBe(`Birds of the field

A pipit is a small bird; see the list
(https://a.example/birds) and not code
--it.

• one
• two with words that are long enough to
  be broken at forty columns
  1. deep
  2. deeper
☑ done

│ quoted text

  js
  const a = 1; // a line of code that is
 longer than forty columns and stays who
le
      let b;

Bird           │ Länge │ 名前
───────────────┼───────┼────────────────
Meadow pipit,  │ 15 cm │ マキバタヒバリ
which is       │       │ 🐦
common here    │       │
Tree pipit     │ 16 cm │ 木

────────────────────────────────────────

  x^2

The end 👩‍💻 of y_1.`);
  });

  test.each([40, 200])("no line but code is wider than %i columns", (columns) => {
    const lines = shown(`${tour}\n${"長い文".repeat(100)}\n\n${"x".repeat(300)}`, { columns }).split("\n");
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
  });

  test.each([
    [40, 2],
    [40, 17],
    [200, 5],
  ])("streamed in pieces it ends as the whole does (%i columns, %i characters)", (columns, size) => {
    const { screen, text } = open({ columns });
    for (let at = 0; at < tour.length; at += size) {
      screen.write(tour.slice(at, at + size));
      vi.advanceTimersByTime(50);
    }
    screen.end();
    expect(text().trimEnd()).toBe(shown(tour, { columns }));
  });

  test("a table that is taller than the screen is complete, though what has left the screen stays as it was", () => {
    const rows = Array.from({ length: 30 }, (_, index) => `| row ${index} | ${"x".repeat(index)} |`);
    const table = `| A | B |\n|---|---|\n${rows.join("\n")}\n`;
    const { screen, text } = open({ rows: 8 });
    for (const line of table.split("\n")) {
      screen.write(`${line}\n`);
      vi.advanceTimersByTime(50);
    }
    screen.end();
    const lines = text().trimEnd().split("\n");
    for (const index of rows.keys())
      expect(lines.filter((line) => line.startsWith(`row ${index} `))).toHaveLength(1);
    expect(lines.slice(-7)).toEqual(shown(table).split("\n").slice(-7));
  });

  test("a growing line is only written on, and a sealed block never again", () => {
    const { screen, written } = open();
    for (const piece of ["First block.\n\n", "one ", "two ", "three"]) {
      screen.write(piece);
      vi.advanceTimersByTime(50);
    }
    screen.end();
    expect(written()).toBe("First block.\n\none two three\n");
  });

  test("what is unfinished is shown at once", () => {
    const { screen, text } = open();
    screen.write("Some **bo");
    vi.advanceTimersByTime(50);
    expect(text()).toBe("Some bo");
  });

  test("gives way to other lines and goes on below them", () => {
    const { screen, stdout, text } = open();
    screen.write("one two");
    screen.giveWay();
    stdout.write("· a tool\n");
    screen.write(" three\n\nfour");
    screen.end();
    expect(text()).toBe("one two\n· a tool\none two three\n\nfour\n");
  });

  test("a table that does not fit is a list of its cells", () => {
    const head = "| A | B | C | D | E | F |\n|-|-|-|-|-|-|\n";
    expect(
      shown(`${head}| ${"word ".repeat(6).trim().split(" ").join(" x | ")} |`, { columns: 20 }),
    ).toContain("A: word x\nB: word x");
  });

  test("colours and styles are there only with colours", () => {
    const plain = open();
    const coloured = open({ colour: true });
    for (const { screen } of [plain, coloured]) {
      screen.write("# A\n\n**b** `c`\n\n```js\nd\n```\n");
      screen.end();
    }
    expect(plain.written()).not.toContain("\u001B[");
    expect(coloured.written()).toContain("\u001B[1mb\u001B[22m");
    expect(coloured.written()).toContain("\u001B[36md\u001B[39m");
    expect(plain.text()).toBe(coloured.text());
  });

  test.each([
    ["[text](https://a.example/SECRET)", "text (https://a.example/SECRET)"],
    ["[text](https://SECRET.a.example)", "text (https://SECRET.a.example)"],
    ["[text](https://a.example/#SECRET)", "text (https://a.example/#SECRET)"],
    ["[bank․example](https://evil.example)", "bank․example (https://evil.example)"],
    ["https://аррӏе.com", "https://аррӏе.com (https://xn--80ak6aa92e.com/)"],
    ["[mail](mailto:a@b.example)", "mail (mailto:a@b.example)"],
    ["a@b.example", "\u001B]8;;mailto:a@b.example\u001B\\a@b.example\u001B]8;;\u001B\\"],
    ["[text](https://a.example/?q=secret)", "text (https://a.example/?q=secret)"],
    ["[https://bank.example](https://evil.example/)", "https://bank.example (https://evil.example/)"],
    ["[bank.example](https://evil.example/)", "bank.example (https://evil.example/)"],
    ["[x](https://bank.example@evil.example/)", "x (https://bank.example@evil.example/)"],
    ["[x](javascript:alert)", "x (javascript:alert)"],
    ["![cat](https://a.example/c.png?u=1)", "cat (https://a.example/c.png?u=1)"],
    [
      "https://a.example/?q=1",
      "\u001B]8;;https://a.example/?q=1\u001B\\https://a.example/?q=1\u001B]8;;\u001B\\",
    ],
  ])("S8: %s leads where it seems to", (markdown, expected) => {
    const { screen, written } = open({ columns: 100 });
    screen.write(markdown);
    screen.end();
    expect(written()).toBe(`${expected}\n`);
  });

  test("F4: what an answer says controls no terminal, also in entities, code, tables and addresses, and in pieces", () => {
    const evil = "\u001B]52;c;aGk=\u0007\u009B2J\r\u202E";
    const markdown = [
      evil,
      "&#27;[2J &#x9b;2J",
      `\`${evil}\``,
      `\`\`\`${evil}\n${evil}\n\`\`\``,
      `| ${evil} |\n|-|\n| ${evil} |`,
      `[${evil}](https://a.example/${evil})`,
      `[x](<https://a.example/\u001B\\>)`,
    ].join("\n\n");
    const { screen, written } = open();
    for (const character of markdown) screen.write(character);
    screen.end();
    const own = written()
      .replaceAll("\u001B", "␛")
      .replaceAll(/␛\]8;;[!-~]*␛\\/g, "");
    expect(own).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}␛]/u);
  });
});
