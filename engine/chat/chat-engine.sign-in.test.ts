import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { finish, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { unreachable } from "#engine/testing/fake-http.ts";
import { createFakeSession } from "#engine/testing/fake-session.ts";
import type { Settled } from "./chat-engine-api.ts";

describe("sign-in", () => {
  const expired = () => new PipitError("TOKEN_EXPIRED", "Expired.");

  test("UNAUTHENTICATED renews the very token that was refused, once, and tries again at once", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    (await h.transport.call(0)).close(expired());
    const second = await h.transport.call(1);
    expect(h.session.renewals).toEqual(["token-1"]);
    finish(second, turn(), text("A"));
    await h.engine.idle();
    expect(h.text(a)).toBe("A");
  });

  test("a second refusal signs out; the message waits and goes when the same account is back", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    (await h.transport.call(0)).close(expired());
    (await h.transport.call(1)).close(new PipitError("TOKEN_INVALID", "Invalid."));
    await h.engine.idle();
    expect(h.state().connection).toBe("online");
    expect(h.session.refusals).toEqual(["token-2"]);
    expect(h.session.store.getState()).toEqual({ kind: "signed-out", reason: "refused" });
    expect(h.question(a).status).toMatchObject({ kind: "queued", reason: { code: "SIGNED_OUT" } });
    expect(h.clock.sleeping()).toEqual([]);
    expect(await h.queued()).toEqual([a]);
    h.session.signIn("ann");
    const call = await h.transport.call(2);
    finish(call, turn(), text("A"));
    await h.engine.idle();
    expect(h.question(a).status.kind).toBe("answered");
  });

  test("an account that was closed ends the session by that name, and is not renewed", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    (await h.transport.call(0)).close(new PipitError("ACCOUNT_CLOSED", "It no longer exists."));
    await h.engine.idle();
    expect(h.session.renewals).toEqual([]);
    expect(h.session.store.getState()).toEqual({ kind: "signed-out", reason: "closed" });
    // As after signing out: an admin may switch the account on again.
    expect(await h.queued()).toEqual([a]);
  });

  test("a renewal that cannot be made because the server is away counts as being offline", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const first = await h.transport.call(0);
    h.session.failWith(unreachable());
    first.close(expired());
    await settle();
    expect(h.state().connection).toBe("offline");
    expect(h.question(a).status.kind).toBe("sending");
    h.session.failWith(undefined);
    h.clock.advance(1300);
    const call = await h.transport.call(1);
    finish(call, turn(), text("A"));
    await h.engine.idle();
    expect(h.text(a)).toBe("A");
  });

  test("a locked keychain keeps the message waiting without blaming it", async () => {
    const h = createChatHarness();
    h.session.failWith(new PipitError("KEYCHAIN_LOCKED", "Unlock the keychain."));
    const a = await h.engine.send({ text: "a" });
    await h.engine.idle();
    expect(h.question(a).status).toMatchObject({ kind: "queued", reason: { code: "KEYCHAIN_LOCKED" } });
    expect(await h.queued()).toEqual([a]);
  });

  test("signing out stops the answer and keeps the message; another account sees and sends nothing of it", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    call.emit(turn(), text("secret"));
    await settle();
    h.session.signOut();
    await h.engine.idle();
    expect(call.signal.aborted).toBe(true);
    expect(h.question(a).status).toMatchObject({ kind: "queued", reason: { code: "SIGNED_OUT" } });
    h.session.signIn("bob");
    await h.engine.idle();
    expect(h.state()).toMatchObject({ messages: [], queuedCount: 0 });
    expect(h.transport.calls).toHaveLength(1);
    expect(await h.queued()).toEqual([a]);
    h.session.signIn("ann");
    await h.engine.resume();
    const again = await h.transport.call(1);
    expect(again.call).toMatchObject({ clientMessageId: a, chatId: "chat" });
  });

  test("is restored for the first message if the host has not done so", async () => {
    const session = createFakeSession();
    const restore = async () => {
      session.signIn("ann");
      return session.store.getState();
    };
    const h = createChatHarness({ session: { ...session, restore } });
    const a = await h.engine.send({ text: "x" });
    expect((await h.transport.call(0)).call.clientMessageId).toBe(a);
  });
});

test("tells of each question that is answered, failed or waits for a sign-in, in whichever chat, and of none that was stopped", async () => {
  const h = createChatHarness();
  const told: Settled[] = [];
  const stop = h.engine.onSettled((settled) => told.push(settled));
  const a = await h.engine.send({ text: "a" });
  const first = await h.transport.call(0);
  first.emit(turn("one"), text("A"));
  // Its chat is out of sight when it ends.
  h.engine.newChat();
  finish(first);
  await h.engine.idle();
  const b = await h.engine.send({ text: "b" });
  (await h.transport.call(1)).close(new PipitError("MODEL_REFUSED", "Too long for the model."));
  await h.engine.idle();
  await h.engine.send({ text: "c" });
  await h.transport.call(2);
  await h.engine.cancel();
  await settle();
  const d = await h.engine.send({ text: "d" });
  (await h.transport.call(3)).close(new PipitError("TOKEN_EXPIRED", "Expired."));
  (await h.transport.call(4)).close(new PipitError("TOKEN_INVALID", "Invalid."));
  await h.engine.idle();
  expect(told).toEqual([
    { messageId: a, chatId: "one", text: "a", end: { kind: "answered" } },
    {
      messageId: b,
      text: "b",
      end: {
        kind: "failed",
        failure: { code: "MODEL_REFUSED", message: "Too long for the model.", retryable: false },
      },
    },
    { messageId: d, text: "d", end: { kind: "waits" } },
  ]);
  stop();
  h.session.signIn("ann");
  finish(await h.transport.call(5), turn("two"));
  await h.engine.idle();
  expect(told).toHaveLength(3);
});
