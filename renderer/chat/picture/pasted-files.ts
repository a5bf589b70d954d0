/**
 * The files that a paste means; none when it means text. A text beside files is either what the files
 * are called, as file managers add it, or what a program (Word, Excel) also gives a picture of: then the text is meant.
 */
export function pastedFiles(pasted: {
  readonly files: Iterable<File>;
  readonly getData: (type: string) => string;
}): readonly File[] {
  const files = [...pasted.files];
  const names = new Set(files.flatMap(({ name }) => [name, name.replace(/\.[^.]+$/u, "")].map(comparable)));
  const lines = pasted.getData("text/plain").split(/[\r\n]+/u);
  const isOnlyNames = lines.every((line) => line.trim() === "" || names.has(comparable(lastSegment(line))));
  return isOnlyNames ? files : [];
}

/** Of several files the first is taken, and it should be one that can be. */
export function picturesFirst(files: readonly File[]): readonly File[] {
  return files.toSorted((one, other) => Number(isPicture(other)) - Number(isPicture(one)));
}

function isPicture(file: File): boolean {
  return file.type.startsWith("image/");
}

/** The name at the end of a path or a file's address. */
function lastSegment(line: string): string {
  const plain = line.trim().replace(/^"(?<path>.+)"$/u, "$<path>");
  if (/^https?:/iu.test(plain)) return plain;
  const name = plain.split(/[/\\]/u).at(-1) ?? "";
  try {
    return plain.startsWith("file:") ? decodeURIComponent(name) : name;
  } catch {
    // Not encoded after all: a per cent sign of its own.
    return name;
  }
}

/** macOS decomposes the letters of its file names. */
function comparable(name: string): string {
  return name.normalize("NFC");
}
