import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ChildLauncher, HelperProcess } from "../processes/child-launcher.ts";
import { nodeChildLauncher } from "../processes/node-child-launcher.ts";
import { createKeychain, keychainTimeoutMs } from "./keychain.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A helper double that answers after 8 s, as one does whose dialog a person reads first. */
const answersAfter8s: ChildLauncher = {
  ...nodeChildLauncher,
  startHelper(): HelperProcess {
    let listener: ((message: unknown) => void) | undefined;
    return {
      pid: 1,
      stderr: undefined,
      ended: new Promise(() => undefined),
      send: () => void setTimeout(() => listener?.({ ok: true, secret: new Uint8Array([7]) }), 8_000),
      onMessage: (next) => {
        listener = next;
      },
      leave: () => undefined,
      kill: () => undefined,
    };
  },
};

function open(platform: NodeJS.Platform) {
  const waiting: boolean[] = [];
  const keychain = createKeychain({
    service: "pipit-test",
    account: "test",
    launcher: answersAfter8s,
    timeoutMs: keychainTimeoutMs(platform),
    onWaiting: (waits) => waiting.push(waits),
  });
  return { keychain, waiting };
}

test("[D3] a keychain that answers after 8 s is waited for on a Mac, and the person is told after 2 s", async () => {
  const { keychain, waiting } = open("darwin");
  const secret = keychain.read();
  await vi.advanceTimersByTimeAsync(1_999);
  expect(waiting).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(waiting).toEqual([true]);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(await secret).toEqual(new Uint8Array([7]));
  expect(waiting).toEqual([true, false]);
});

test("[D3] elsewhere it counts as locked after 5 s, and nothing is waited for any more", async () => {
  const { keychain, waiting } = open("linux");
  const secret = keychain.read().catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await secret).toMatchObject({ code: "KEYCHAIN_LOCKED" });
  expect(waiting).toEqual([true, false]);
});
