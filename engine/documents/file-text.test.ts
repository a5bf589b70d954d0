import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { FILE_TEXT_MAX_CHARS } from "#contract/limits.ts";
import { makeDocx, makePdf, makeZip } from "#engine/testing/make-documents.ts";
import { DOCUMENT_MAX_BYTES, fileText } from "./file-text.ts";

const read = (content: BlobPart, name = "file") => fileText(new Blob([content]), name);
const page = "Fish swim in the sea. ".repeat(40).trim();
const utf16 = (text: string, big: boolean) => {
  const bytes = Buffer.from(`\uFEFF${text}`, "utf16le");
  return new Uint8Array(big ? bytes.swap16() : bytes);
};

describe("a text file", () => {
  test.each([
    ["UTF-8", "a: é\r\nб 👩‍👧\n", "a: é\nб 👩‍👧\n"],
    ["UTF-8 with a mark", "\uFEFFa", "a"],
    ["UTF-16 LE", utf16("é 👧", false), "é 👧"],
    ["UTF-16 BE", utf16("é 👧", true), "é 👧"],
    ["a terminal's colours", "\u001B[31mred\u001B[0m", "\u001B[31mred\u001B[0m"],
  ])("in %s is read by its bytes, whatever its name", async (_what, content, text) => {
    const file = await read(content, "/tmp/x.pdf");
    expect(file).toMatchObject({ name: "x.pdf", mediaType: "text/plain", text, cut: false });
    expect(file.sizeBytes).toBe(new Blob([content]).size);
  });

  test("of 100 MB is read up to the bound, never as a whole", async () => {
    const line = new Blob(["x😀".repeat(250_000)]);
    const file = new Blob(Array.from({ length: 80 }, () => line));
    expect(file.size).toBe(100_000_000);
    file.arrayBuffer = () => Promise.reject(new Error("read as a whole"));
    const { text, cut, sizeBytes } = await fileText(file, "big.log");
    expect([text.length, cut, sizeBytes]).toEqual([FILE_TEXT_MAX_CHARS - 1, true, 100_000_000]);
    expect(text.isWellFormed()).toBe(true);
  });
});

describe("a PDF", () => {
  test("is read page by page", async () => {
    const file = await read(makePdf([`One\n${page}`, "Two (2)"]), "a.pdf");
    expect(file).toMatchObject({ mediaType: "application/pdf", pages: 2, cut: false });
    expect(file.text).toMatch(/^One\nFish swim in the sea\.[^]*\n\nTwo \(2\)$/u);
  });

  test("of 10,000 pages is read up to the bound, and says so", async () => {
    const { pages, cut, text } = await read(makePdf(Array.from({ length: 10_000 }, () => page)));
    expect([pages, cut, text.length]).toEqual([10_000, true, FILE_TEXT_MAX_CHARS]);
  });

  test("of pages with a word each is left at the thousandth", async () => {
    const { pages, cut, text } = await read(makePdf(Array.from({ length: 1_100 }, () => "Fish")));
    expect([pages, cut, text.match(/Fish/gu)?.length]).toEqual([1_100, true, 1_000]);
  });
});

describe("a Word document", () => {
  test("is read by paragraphs", async () => {
    const file = await read(makeDocx(["Fish &amp; chips", "Рыба"]), "a.docx");
    expect(file).toMatchObject({ mediaType: expect.stringMatching(/wordprocessingml/u), cut: false });
    expect(file.text.trim()).toBe("Fish & chips\n\nРыба");
  });

  test("fetches nothing: no entity, no relationship, no template", async () => {
    const asked: string[] = [];
    await using server = createServer(({ url }, response) => {
      asked.push(String(url));
      response.end("secret");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const external = (type: string) =>
      `<Relationship Id="${type}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${type}" Target="${url}/${type}" TargetMode="External"/>`;
    const docx = makeDocx(["Fish", "&outside;"], {
      doctype: `<!DOCTYPE w:document SYSTEM "${url}/dtd" [<!ENTITY outside SYSTEM "${url}/entity"><!ENTITY own SYSTEM "file:///etc/passwd">]>`,
      relationships: ["image", "attachedTemplate", "styles", "footnotes"].map(external).join(""),
    });
    const said = await read(docx).then(
      ({ text }) => text,
      (reason: unknown) => String(reason),
    );
    expect(said).not.toMatch(/secret|root:/u);
    expect(asked).toEqual([]);
  });
});

const bomb = Buffer.alloc(200 * 1024 * 1024, 0x20);
const hollow = new Blob(["%PDF-1.7"]);
Object.defineProperty(hollow, "size", { value: DOCUMENT_MAX_BYTES + 1 });
const gone = new Blob(["x"]);
gone.slice = () =>
  Object.assign(new Blob(), { arrayBuffer: () => Promise.reject(new DOMException("", "NotFoundError")) });

test.each([
  ["that is empty", new Blob([]), "FILE_EMPTY"],
  ["of white space", new Blob([" \n\t "]), "FILE_EMPTY"],
  ["that is gone, or a folder", gone, "FILE_GONE"],
  ["of random bytes, called .txt", new Blob([randomBytes(5_000)]), "FILE_UNSUPPORTED"],
  ["with a NUL", new Blob(["a\0b"]), "FILE_UNSUPPORTED"],
  ["of control characters", new Blob(["\u0001\u0002\u0003 a"]), "FILE_UNSUPPORTED"],
  ["in another encoding", new Blob([Buffer.from("caf\u00E9", "latin1")]), "FILE_UNSUPPORTED"],
  ["that is another archive", new Blob([makeZip({ "xl/workbook.xml": "<x/>" })]), "FILE_UNSUPPORTED"],
  ["of the old Word", new Blob([Buffer.from("d0cf11e0a1b11ae1", "hex")]), "FILE_UNSUPPORTED"],
  [
    "of Word with a password",
    new Blob([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.from("EncryptedPackage", "utf16le")]),
    "FILE_LOCKED",
  ],
  ["that is a PDF with a password", new Blob([makePdf(["a"], { locked: true })]), "FILE_LOCKED"],
  ["that is half a PDF", new Blob(["%PDF-1.7 and no more"]), "FILE_DAMAGED"],
  ["that is half an archive", new Blob([makeDocx(["a"]).subarray(0, 300)]), "FILE_DAMAGED"],
  ["that is a document of broken XML", new Blob([makeDocx(["<w:t>"])]), "FILE_DAMAGED"],
  ["that is a PDF of pictures", new Blob([makePdf(["", ""], { picture: true })]), "FILE_WITHOUT_TEXT"],
  ["that is a document without text", new Blob([makeDocx([])]), "FILE_WITHOUT_TEXT"],
  ["that is a bomb", new Blob([makeDocx(["a"], { files: { "word/bomb.xml": bomb } })]), "FILE_TOO_LARGE"],
  ["that is too large a PDF", hollow, "FILE_TOO_LARGE"],
])("a file %s is refused by name", async (_what, file, code) => {
  await expect(fileText(file, "the-file")).rejects.toMatchObject({
    code,
    message: expect.stringContaining("the-file"),
  });
});
