import { expect, test } from "vitest";
import type { Intent } from "#contract/intent.ts";
import { createIntentQueue } from "./intent-queue.ts";

const focus: Intent = { kind: "focus-composer" };
const settings: Intent = { kind: "open", view: "settings" };

test("gives what came early to every part of the window that begins to listen in one go, in order", async () => {
  const queue = createIntentQueue();
  queue.push(settings);
  queue.push(focus);
  const shell: Intent[] = [];
  const composer: Intent[] = [];
  queue.listen((intent) => composer.push(intent));
  queue.listen((intent) => shell.push(intent));
  await Promise.resolve();
  expect(shell).toEqual([settings, focus]);
  expect(composer).toEqual([settings, focus]);
});

test("gives what comes later at once, and nothing to a listener that has left", () => {
  const queue = createIntentQueue();
  const heard: Intent[] = [];
  const stop = queue.listen((intent) => heard.push(intent));
  queue.push(focus);
  expect(heard).toEqual([focus]);
  stop();
  queue.push(settings);
  expect(heard).toEqual([focus]);
});

test("keeps the order when something comes while the early ones are still held", async () => {
  const queue = createIntentQueue();
  queue.push(settings);
  const heard: Intent[] = [];
  queue.listen((intent) => heard.push(intent));
  queue.push(focus);
  await Promise.resolve();
  expect(heard).toEqual([settings, focus]);
});

test("a listener that leaves before it was told loses nothing for the next one", async () => {
  const queue = createIntentQueue();
  queue.push(focus);
  queue.listen(() => undefined)();
  await Promise.resolve();
  const heard: Intent[] = [];
  queue.listen((intent) => heard.push(intent));
  await Promise.resolve();
  expect(heard).toEqual([focus]);
});
