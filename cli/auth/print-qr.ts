import type { Terminal } from "../kit/terminal.ts";

/** Shows `text` as a QR code, where a camera can be pointed at it. */
export async function printQr(terminal: Terminal, text: string): Promise<void> {
  if (terminal.stderr.isTTY !== true) return;
  const { default: qrcode } = await import("qrcode");
  const blocks = await qrcode.toString(text, { type: "utf8", errorCorrectionLevel: "L" });
  // Black on white whatever colours the terminal has: many cameras do not read it in negative.
  terminal.stderr.write(`${blocks.replaceAll(/[^\n]+/g, "\u001B[30;107m$&\u001B[0m")}\n`);
}
