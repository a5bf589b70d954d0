import { expect, test } from "vitest";
import { createChatUi } from "./chat-ui.ts";

const picture = { bytes: new Uint8Array(), widthPx: 1, heightPx: 1 };

test("starts with the draft of last time", () => {
  expect(createChatUi("half a thought").store.getState().text).toBe("half a thought");
});

test("what was sent leaves the composer, what was typed meanwhile stays", () => {
  const ui = createChatUi("");
  ui.write("first");
  ui.attach(picture);
  ui.write("first and more");
  ui.sent({ text: "first", picture, files: [] });
  expect(ui.store.getState()).toMatchObject({ text: " and more", picture: undefined });
});

test.each([
  ["what was typed behind it", "first and more", "first and more", true],
  ["another text", "second", "second", true],
  ["the same text, twice by mistake", "first", "first", false],
  ["the same text, and the next one was begun since", "first", "firstsec", false],
  ["a text that was changed since", "second", "seconds", false],
  ["nothing", "", "", false],
])("Enter while a message is on its way, on %s", (_name, enteredText, text, isNext) => {
  const ui = createChatUi("first");
  ui.write(text);
  ui.store.setState({ enteredText });
  expect(ui.sent({ text: "first", picture: undefined, files: [] })).toBe(isNext);
  expect(ui.store.getState().enteredText).toBeUndefined();
});

test("another text or picture than the sent one stays whole", () => {
  const ui = createChatUi("");
  ui.write("other");
  ui.attach(picture);
  ui.sent({ text: "first", picture: undefined, files: [] });
  expect(ui.store.getState()).toMatchObject({ text: "other", picture });
});

test("files that were sent leave the composer, those that came meanwhile stay", () => {
  const ui = createChatUi("first");
  ui.addFile({ id: "1", name: "a", sizeBytes: 1 });
  const { files } = ui.store.getState();
  ui.addFile({ id: "2", name: "b", sizeBytes: 1 });
  ui.sent({ text: "first", picture: undefined, files });
  ui.fileRead("2", { code: "FILE_GONE", message: "It is gone." });
  ui.fileRead("1", { code: "FILE_GONE", message: "It is gone." });
  const read = { code: "FILE_GONE", message: "It is gone." };
  expect(ui.store.getState().files).toEqual([{ id: "2", name: "b", sizeBytes: 1, read }]);
});
