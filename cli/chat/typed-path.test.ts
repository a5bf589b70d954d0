import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { typedPath } from "./typed-path.ts";

test.each([
  ["/tmp/a b.txt", "/tmp/a b.txt"],
  [String.raw`/tmp/a\ b\(1\).txt`, "/tmp/a b(1).txt"],
  ["'/tmp/a b.txt'", "/tmp/a b.txt"],
  [String.raw`"/tmp/a\b"`, String.raw`/tmp/a\b`],
  ["~/a.txt", join(homedir(), "a.txt")],
  ["'~/a.txt'", "~/a.txt"],
])("the path that %s means", (text, path) => {
  expect(typedPath(text)).toBe(path);
});
