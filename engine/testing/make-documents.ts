import { deflateRawSync } from "node:zlib";

/** What a PDF is made of, besides its pages. */
interface PdfOptions {
  /** Asks for a password that is not known. */
  readonly locked?: boolean;
  /** Each page shows a picture in place of text. */
  readonly picture?: boolean;
}

const PDF_LINE_MAX_CHARS = 90;

/** A PDF (ISO 32000-1) with a page for each text; its lines break after 90 characters. ASCII only. */
export function makePdf(pages: readonly string[], options: PdfOptions = {}): Uint8Array<ArrayBuffer> {
  const kids = pages.map((_text, index) => `${5 + 2 * index} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    stream(
      "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8",
      "\x80",
    ),
    ...pages.flatMap((text, index) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${6 + 2 * index} 0 R /Resources << /Font << /F1 3 0 R >> /XObject << /P1 4 0 R >> >> >>`,
      stream(
        "<<",
        options.picture === true
          ? "100 0 0 100 0 0 cm /P1 Do"
          : `BT /F1 10 Tf 12 TL 40 800 Td ${linesOf(text)} ET`,
      ),
    ]),
  ];
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const at = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, "0")} 00000 n \n`;
  });
  const secret = `<${"5a".repeat(32)}>`;
  const encrypt =
    options.locked === true
      ? `/Encrypt << /Filter /Standard /V 1 /R 2 /O ${secret} /U ${secret} /P -44 >> /ID [<00> <00>]`
      : "";
  const xref = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join("")}`;
  const trailer = `trailer << /Size ${objects.length + 1} /Root 1 0 R ${encrypt} >>\nstartxref\n${body.length}\n%%EOF\n`;
  return new Uint8Array(Buffer.from(body + xref + trailer, "latin1"));
}

function stream(dictionary: string, content: string): string {
  return `${dictionary} /Length ${content.length} >>\nstream\n${content}\nendstream`;
}

function linesOf(text: string): string {
  const lines = text
    .split("\n")
    .flatMap((line) => line.match(new RegExp(`.{1,${PDF_LINE_MAX_CHARS}}`, "gu")) ?? []);
  return lines.map((line) => `(${line.replaceAll(/[()\\]/gu, "\\$&")}) Tj T*`).join(" ");
}

const wordNamespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const packageTypes = "http://schemas.openxmlformats.org/package/2006";
const officeTypes = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/** What goes into a Word document in place of, or besides, what a good one has. */
interface DocxOptions {
  /** Between the XML declaration and the document. */
  readonly doctype?: string;
  /** Relationships of the document. */
  readonly relationships?: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** A Word document (ECMA-376) of these paragraphs, each XML. */
export function makeDocx(paragraphs: readonly string[], options: DocxOptions = {}): Uint8Array<ArrayBuffer> {
  const text = paragraphs.map(
    (paragraph) => `<w:p><w:r><w:t xml:space="preserve">${paragraph}</w:t></w:r></w:p>`,
  );
  const xml = '<?xml version="1.0" encoding="UTF-8"?>';
  const type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
  return makeZip({
    "[Content_Types].xml": `${xml}<Types xmlns="${packageTypes}/content-types"><Default Extension="xml" ContentType="${type}"/></Types>`,
    "_rels/.rels": `${xml}<Relationships xmlns="${packageTypes}/relationships"><Relationship Id="r1" Type="${officeTypes}/officeDocument" Target="word/document.xml"/></Relationships>`,
    "word/_rels/document.xml.rels": `${xml}<Relationships xmlns="${packageTypes}/relationships">${options.relationships ?? ""}</Relationships>`,
    "word/document.xml": `${xml}${options.doctype ?? ""}<w:document xmlns:w="${wordNamespace}"><w:body>${text.join("")}</w:body></w:document>`,
    ...options.files,
  });
}

/** A ZIP file that claims of each file that it unpacks to ten bytes. */
export function makeZip(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = deflateRawSync(content);
    const header = Buffer.alloc(26);
    header.writeUInt16LE(20, 0);
    header.writeUInt16LE(8, 4);
    header.writeUInt32LE(data.byteLength, 14);
    header.writeUInt32LE(10, 18);
    header.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from("PK\x03\x04"), header, Buffer.from(name), data);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), header, place, Buffer.from(name));
    at += 30 + name.length + data.byteLength;
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(Buffer.concat(directory).byteLength, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}
