import { createMemoryOutbox } from "./memory-outbox.ts";
import { describeOutbox } from "#engine/testing/outbox-suite.ts";

describeOutbox(
  "the outbox of one run",
  async () => {
    const outbox = createMemoryOutbox();
    return {
      open: async () => ({ ...outbox, async [Symbol.asyncDispose]() {} }),
      async [Symbol.asyncDispose]() {},
    };
  },
  false,
);
