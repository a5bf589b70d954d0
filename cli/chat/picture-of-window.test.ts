import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { messagesFor } from "../kit/messages.ts";
import { pictureOfWindow } from "./picture-of-window.ts";

test("where the system shows no windows of other programs, the ways that there are are named", async () => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const terminal = { stdin, stdout, stderr, colour: false };
  // An X server is there as well, which knows of old programs alone.
  const display = { x11: ":0", wayland: "wayland-0" };
  const taken = pictureOfWindow(display, terminal, messagesFor("en"), new AbortController().signal);
  await expect(taken).rejects.toMatchObject({
    code: "SCREEN_REFUSED",
    message: expect.stringContaining("--screenshot=region"),
  });
});
