import type { Gate } from "#server/http/kit/gate.ts";

/** For tests of routes that are open: it lets no caller in anywhere else. */
export const openGate: Gate = {
  check() {},
  admit: () => Promise.reject(new Error("this test has no callers")),
};
