import { expect } from "@playwright/test";
import { test } from "../fixtures/chat-test.ts";

test("every state of a question says what it is, why, and what to do", async ({ gallery, chat }) => {
  await gallery.open("chat-states");
  const waiting = chat.message("Waiting question");
  await expect(waiting).toContainText("Waiting: ");
  await chat.button("Try now", waiting).click();
  await chat.button("Remove", waiting).click();
  const failed = chat.message("Refused question");
  await expect(failed).toContainText("Not answered: ");
  await chat.button("Try again", failed).click();
  await chat.button("Discard", failed).click();
  // The button goes with what it did, and the focus is not lost.
  await expect(chat.composer).toBeFocused();
  await chat.log.focus();
  await chat.page.keyboard.press("Home");
  const stopped = chat.message("Stopped question");
  await expect(stopped).toContainText("Stopped before an answer came");
  await chat.button("Try again", stopped).click();
  await expect
    .poll(() => chat.calls())
    .toEqual([
      { name: "retry", input: { messageId: "q6" } },
      { name: "discard", input: { messageId: "q6" } },
      { name: "retry", input: { messageId: "q5" } },
      { name: "discard", input: { messageId: "q5" } },
      { name: "retry", input: { messageId: "q1" } },
    ]);
});

test("one cause of several unanswered questions is told once, and all are asked again at once", async ({
  gallery,
  chat,
}) => {
  await gallery.open("chat-states");
  await gallery.script(({ chat: { setState } }) => {
    const failure = { code: "MODEL_KEY_REFUSED", message: "It says: expired.", retryable: false } as const;
    setState(({ messages }) => ({
      messages: messages.flatMap((message) =>
        message.role === "user" ? { ...message, status: { kind: "failed", failure } } : [],
      ),
    }));
  });
  await expect(chat.page.getByText("Check the key in the settings")).toHaveCount(1);
  await chat.page.getByText("Details", { exact: true }).click();
  await expect(chat.page.getByText("It says: expired.")).toBeVisible();
  await chat.button("Try all 7 again").click();
  await expect
    .poll(() => chat.callsOf("retry"))
    .toEqual(["q1", "q2", "q3", "q4", "q5", "q6", "q7"].map((messageId) => ({ messageId })));
});

test("F2: a message that waits for its own reason can be skipped, a question behind an answer is next", async ({
  gallery,
  chat,
}) => {
  await gallery.open("chat-states");
  await chat.button("Skip", chat.message("Waiting question")).click();
  await expect.poll(() => chat.calls()).toEqual([{ name: "park", input: { messageId: "q6" } }]);
  const next = chat.message("Next question");
  await expect(next).toContainText("Waiting to be sent");
  await gallery.script((bridge) => bridge.chat.setState({ activeMessageId: "q6" }));
  await expect(next).toContainText("Next");
  await expect(next).not.toContainText("Waiting");
});

test("U8: a stopped answer has one mark, and a stopped question without one its own", async ({
  gallery,
  chat,
}) => {
  await gallery.open("chat-states");
  await gallery.script((bridge) => {
    const { messages } = bridge.chat.getState();
    const stop = { status: { kind: "cancelled" } } as const;
    bridge.chat.setState({
      messages: messages.map((m) => (m.role === "user" && m.id === "q3" ? { ...m, ...stop } : m)),
    });
  });
  await chat.log.focus();
  await chat.page.keyboard.press("Home");
  await expect(chat.message("A long story begins")).toContainText("Stopped");
  await expect(chat.message("Answer that was stopped")).not.toContainText("Stopped before an answer came");
});

test("every end of an answer is told", async ({ gallery, chat }) => {
  await gallery.open("chat-states");
  await chat.log.focus();
  await chat.page.keyboard.press("Home");
  await expect(chat.message("It began well, and then")).toContainText("The question will be asked again");
  await expect(chat.message("A long story begins")).toContainText("Stopped");
  await expect(chat.message("Half of it")).toContainText("The answer broke off: ");
});

test("tools are one line each with their state, notices a note", async ({ gallery, chat }) => {
  await gallery.open("chat-tools");
  const answer = chat.message("You wanted to paint it");
  await expect(answer).toContainText("Searched 3 chats");
  await expect(answer.getByRole("img", { name: "done" })).toBeVisible();
  await expect(answer.getByRole("img", { name: "failed" })).toBeVisible();
  await expect(answer.getByRole("img", { name: "running" })).toBeVisible();
  await expect(answer).toContainText("No voice for this language is installed.");
});

test("F13: reasoning is one line that opens", async ({ gallery, chat }) => {
  await gallery.open("chat-reasoning");
  const answer = chat.message("There are three");
  const thought = answer.getByText("That is one r, then two more.");
  await expect(thought).toBeHidden();
  await answer.getByText("Reasoning", { exact: true }).click();
  await expect(thought).toBeVisible();
  await answer.getByText("Reasoning", { exact: true }).click();
  await expect(thought).toBeHidden();
});

test("a message's actions appear when it is pointed at, and give their commands", async ({
  gallery,
  chat,
}) => {
  await gallery.open("conversation");
  const question = chat.message("What is 18% of 2400?");
  const answer = chat.message("18% of 2400 is");
  await answer.hover();
  await chat.button("Copy", answer).click();
  const copied = answer.getByText("Copied", { exact: true });
  await expect(copied).toBeAttached();
  await chat.button("Answer again", answer).click();
  await expect(copied).toHaveCount(0);
  await question.hover();
  await chat.button("Copy", question).click();
  await chat.button("Delete question and answer", question).click();
  const calls = await chat.calls();
  expect(calls.map(({ name }) => name)).toEqual(["copyText", "regenerate", "copyText", "deleteMessage"]);
  expect(calls[0]?.input).toMatchObject({ text: expect.stringContaining("18% of 2400 is **432**") });
  expect(calls[1]?.input).toEqual({ messageId: "a1" });
  expect(calls[2]?.input).toEqual({ text: "What is 18% of 2400?" });
  expect(calls[3]?.input).toEqual({ messageId: "q1" });
});

test("a question is edited in its place: Enter asks anew, Esc leaves it", async ({ gallery, chat, page }) => {
  await gallery.open("conversation");
  await chat.button("Edit and send again").focus();
  await page.keyboard.press("Enter");
  const editor = page.getByRole("textbox", { name: "Your question" });
  await expect(editor).toBeFocused();
  await editor.press("Escape");
  await expect(editor).toBeHidden();
  await expect(chat.composer).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(editor).toHaveValue("What is 18% of 2400?");
  await editor.fill("What is 19% of 2400?");
  await editor.press("Enter");
  await expect(editor).toBeHidden();
  await expect
    .poll(() => chat.callsOf("editAndResend"))
    .toEqual([{ messageId: "q1", text: "What is 19% of 2400?" }]);
  expect(await chat.callsOf("hideWindow")).toEqual([]);
});

test("an edit that is refused keeps its text", async ({ gallery, chat, page }) => {
  await gallery.open("conversation");
  await gallery.script((bridge) => {
    bridge.answers.editAndResend = () => Promise.reject(new Error("no"));
  });
  await chat.composer.press("ArrowUp");
  const editor = page.getByRole("textbox", { name: "Your question" });
  await editor.fill("Another question");
  await editor.press("Enter");
  await expect.poll(() => chat.callsOf("editAndResend")).toHaveLength(1);
  await expect(editor).toHaveValue("Another question");
});

test("U6: the questions of one place are gone through by arrows, and the focus goes along", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("chat-branches");
  const place = page.getByRole("group", { name: "Question 2 of 3 at this place" });
  await expect(place).toHaveText("2/3");
  const next = chat.button("Next question and answer");
  await next.focus();
  await page.keyboard.press("Enter");
  await expect(chat.message("Wellington.")).toBeVisible();
  await expect(next).toBeDisabled();
  const before = chat.button("Previous question and answer");
  await expect(before).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(chat.message("Canberra.")).toBeVisible();
  await expect(before).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(chat.message("Oslo.")).toBeVisible();
  await expect
    .poll(() => chat.callsOf("switchBranch"))
    .toEqual([
      { messageId: "q2", index: 2 },
      { messageId: "q3", index: 1 },
      { messageId: "q2", index: 0 },
    ]);
  await gallery.script((bridge) => bridge.chat.setState({ activeMessageId: "q1" }));
  await expect(next).toBeDisabled();
});

test("U15: what was deleted can be brought back, for ten seconds", async ({ gallery, chat, page }) => {
  await page.clock.install();
  await gallery.open("chat-branches");
  await chat.message("Canberra.").hover();
  await chat.button("Delete question and answer", chat.message("Canberra.")).click();
  await expect(chat.composer).toBeFocused();
  await chat.button("Undo").click();
  await expect.poll(() => chat.callsOf("undoDelete")).toHaveLength(1);
  await expect(page.getByText("Deleted.")).toBeHidden();
  await chat.button("Delete question and answer", chat.message("Canberra.")).click();
  await expect(page.getByText("Deleted.")).toBeVisible();
  await page.clock.fastForward(10_000);
  await expect(page.getByText("Deleted.")).toBeHidden();
});

test("days are parted where the date changes", async ({ gallery, page }) => {
  await gallery.open("chat-days");
  await expect(page.getByText("Today", { exact: true })).toBeVisible();
  await expect(page.getByText("Yesterday", { exact: true })).toBeVisible();
});

test("a screen reader hears that an answer has begun, and how it begins, but not each word", async ({
  gallery,
  chat,
  page,
}) => {
  await gallery.open("chat-waiting");
  await expect(chat.log).toHaveAttribute("aria-live", "off");
  await gallery.script((bridge) => {
    const part = (text: string) => [{ kind: "text", text } as const];
    const message = {
      role: "assistant",
      id: "a1",
      replyTo: "q1",
      parts: part("Oslo"),
      status: "streaming",
      replayed: false,
      createdAtMs: Date.now(),
    } as const;
    const [asked] = bridge.chat.getState().messages;
    if (asked === undefined) return;
    bridge.chat.setState({ messages: [asked, message] });
    bridge.chat.setState({ messages: [asked, { ...message, parts: part("Oslo lies") }] });
  });
  const announcement = page.getByRole("status").filter({ hasText: "Pipit" });
  await expect(announcement).toHaveText("Pipit is answering");
  await gallery.script((bridge) => {
    bridge.chat.setState(({ messages }) => ({
      messages: messages.map((message) =>
        message.role === "assistant" ? { ...message, status: "done" as const } : message,
      ),
    }));
  });
  await expect(announcement).toHaveText("Pipit answered: Oslo lies");
  await gallery.script((bridge) => {
    const shown = (status: "streaming" | "done") =>
      bridge.chat.setState(({ messages }) => ({
        messages: messages.map((message) =>
          message.role === "assistant"
            ? { ...message, status, parts: [{ kind: "text" as const, text: "```js\nlet x;\n```" }] }
            : message,
        ),
      }));
    shown("streaming");
    shown("done");
  });
  await expect(announcement).toHaveText(/^Pipit answered\. The answer has no text/u);
});

test("override characters in a question stay inside it", async ({ gallery, chat }) => {
  await gallery.open("chat-rtl");
  const bubble = chat.message("please").locator("[dir=auto]").first();
  await expect(bubble).toHaveCSS("unicode-bidi", "isolate");
  await expect(chat.message("ما هي").locator("[dir=auto]").first()).toHaveCSS("direction", "rtl");
});

test("the picture of a question is shown, and its address given back with it", async ({ gallery, page }) => {
  await page.addInitScript(() => {
    const revoke = URL.revokeObjectURL.bind(URL);
    const made: string[] = [];
    Object.assign(globalThis, { revoked: made });
    URL.revokeObjectURL = (url) => {
      made.push(url);
      revoke(url);
    };
  });
  await gallery.open("chat-picture");
  const picture = page.getByRole("img", { name: "Picture, 320 by 200 pixels" });
  // The address comes a moment after the picture's place.
  await expect(picture).toHaveAttribute("src", /^blob:/u);
  const url = await picture.getAttribute("src");
  await gallery.script((bridge) => bridge.chat.setState({ messages: [] }));
  await expect(picture).toBeHidden();
  await expect.poll(() => page.evaluate(() => Reflect.get(globalThis, "revoked"))).toContain(url);
});

test("an empty chat greets, and an example fills the composer without sending", async ({ gallery, chat }) => {
  await gallery.open("empty");
  await expect(chat.page.getByRole("heading", { name: "What can I help with?" })).toBeVisible();
  await expect(chat.page.getByText("anywhere to ask")).toContainText("Ctrl");
  await chat.button("Plan a weekend in Oslo").click();
  await expect(chat.composer).toHaveValue("Plan a weekend in Oslo");
  await expect(chat.composer).toBeFocused();
  expect(await chat.calls()).toEqual([]);
});

test("all of it is there in Russian", async ({ gallery, page }) => {
  await gallery.open("chat-states", { language: "ru" });
  await expect(page.getByRole("article").filter({ hasText: "Waiting question" })).toContainText(
    "Ждёт отправки",
  );
  await expect(page.getByRole("textbox", { name: "Сообщение для Pipit" })).toBeVisible();
});
