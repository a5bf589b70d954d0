import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeDocx, makePdf } from "#engine/testing/make-documents.ts";
import { makeTempHome } from "../testing/temp-home.ts";
import { readDocument } from "./read-document.ts";

const { signal } = new AbortController();

test("files are read by a thread, of every kind, and what is no file is refused", async () => {
  await using home = await makeTempHome();
  const path = (name: string) => join(home.path, name);
  await mkdir(path("folder"));
  await writeFile(path("a.txt"), "Fish\n");
  await writeFile(path("a.pdf"), makePdf(["Fish"]));
  await writeFile(path("a.docx"), makeDocx(["Fish"]));
  const names = ["a.txt", "a.pdf", "a.docx"];
  const files = await Promise.all(names.map((name) => readDocument(path(name), signal)));
  expect(files.map(({ name, text }) => [name, text.trim()])).toEqual(names.map((name) => [name, "Fish"]));
  for (const name of ["folder", "missing", "\0"]) {
    await expect(readDocument(path(name), signal)).rejects.toMatchObject({ code: "FILE_GONE" });
  }
  await expect(readDocument("/dev/zero", signal)).rejects.toMatchObject({ code: "FILE_GONE" });
});

test("reading ends when it takes too long, and when it is called off", async () => {
  await using home = await makeTempHome();
  const path = join(home.path, "long.pdf");
  await writeFile(path, makePdf(Array.from({ length: 2_000 }, () => "")));
  await expect(readDocument(path, signal, 1)).rejects.toMatchObject({
    code: "FILE_TOO_SLOW",
    message: expect.stringContaining("long.pdf"),
  });
  const calledOff = new AbortController();
  const reading = readDocument(path, calledOff.signal);
  calledOff.abort();
  await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
});
