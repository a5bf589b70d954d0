/** A growing file in memory with a position, as `fseek` and `fwrite` see it. */
export class MemoryFile {
  #bytes = new Uint8Array(256 * 1024);
  #length = 0;
  #position = 0;

  write(part: Uint8Array): void {
    const end = this.#position + part.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(part, this.#position);
    this.#position = end;
    this.#length = Math.max(this.#length, end);
  }

  /** Moves to `offset` from the start (`whence` 0), from here (1) or from the end (2); returns the new position. */
  seek(offset: number, whence: number): number {
    const base = [0, this.#position][whence] ?? this.#length;
    this.#position = Math.max(0, base + offset);
    return this.#position;
  }

  content(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
