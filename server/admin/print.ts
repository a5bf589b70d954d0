import type { Writable } from "node:stream";
import { visible } from "#contract/terminal-text.ts";

/** Columns that line up, a header first. */
export function tableText(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = [header, ...rows].map((row) => row.map(visible));
  const widths = header.map((_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)));
  return shown.map((row) => lineOf(row, widths)).join("");
}

/** One fact a line: its name, then its value. */
export function factsText(facts: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${visible(value)}\n`).join("");
}

/** UTC, to the second; "-" for what never was. */
export function timeText(atMs: number | undefined): string {
  return atMs === undefined ? "-" : new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Says how far something is: in place on a terminal, elsewhere now and then in a line of its own. */
export interface ProgressPrinter extends Disposable {
  /** @param subject what is counted; a new subject begins a new line */
  show(subject: string, count: number): void;
}

/** Where no terminal shows it, a line for so many. */
const COUNTS_PER_LINE = 10_000;

export function createProgressPrinter(stderr: Writable & { readonly isTTY?: boolean }): ProgressPrinter {
  const inPlace = stderr.isTTY === true;
  let last: { readonly subject: string; readonly count: number } | undefined;
  return {
    show(subject, count) {
      const isNew = last?.subject !== subject;
      if (inPlace) stderr.write(`${isNew && last !== undefined ? "\n" : "\r"}\u001B[K${subject}: ${count}`);
      else if (isNew || linesOf(count) > linesOf(last?.count ?? 0)) stderr.write(`${subject}: ${count}\n`);
      last = { subject, count };
    },
    [Symbol.dispose]() {
      if (inPlace && last !== undefined) stderr.write("\n");
    },
  };
}

function linesOf(count: number): number {
  return Math.floor(count / COUNTS_PER_LINE);
}

function lineOf(row: readonly string[], widths: readonly number[]): string {
  return `${row
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join("  ")
    .trimEnd()}\n`;
}
