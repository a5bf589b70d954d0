import { describe, expect, test } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import {
  admit,
  ownersLook,
  ownProgram,
  reader,
  readerOrService,
  writer,
  type CallerAccess,
} from "./access.ts";
import { createAuthenticate } from "./authenticate.ts";
import type { Caller } from "./caller.ts";

const key = "0123456789abcdef0123456789abcdef";
const alice: Caller = {
  userId: "alice",
  clientId: CLI_CLIENT_ID,
  scope: ["api:read"],
  anonymous: false,
  kind: "user",
};
const tokens = new Map<string, Caller>([
  ["person", alice],
  ["other-program", { ...alice, clientId: "notes" }],
  ["service", { ...alice, userId: "worker", clientId: "worker", kind: "service" }],
  ["key", { ...alice, clientId: "api-key", apiKeyId: "key-1" }],
  ["no-scope", { ...alice, scope: [] }],
]);
const authenticate = createAuthenticate({
  accessTokens: {
    async verify(token) {
      const caller = tokens.get(token);
      if (caller === undefined) throw new PipitError("TOKEN_INVALID", "No.");
      return caller;
    },
  },
  apiKeys: { verify: async () => undefined },
  webSessions: { verify: async () => alice },
  anonymousUserId: "local",
  internalKey: key,
});

const by = (token: string) => ({ authorization: `Bearer ${token}` });
const bearer: CallerAccess = { ...reader, proof: "token" };
const none = { authorization: undefined };
const internal = { ...none, internalKey: key };
const page = { sessionToken: "t", fromOwnPage: true };

describe("access", () => {
  test.each([
    ["reader", reader, by("person"), "alice"],
    ["reader", reader, { ...none, page }, "alice"],
    ["reader", reader, by("service"), "NOT_ALLOWED"],
    ["reader", reader, internal, "NOT_ALLOWED"],
    ["reader", reader, by("no-scope"), "NOT_ALLOWED"],
    ["reader", reader, none, "TOKEN_MISSING"],
    ["reader", reader, { ...none, page: { ...page, fromOwnPage: false } }, "NOT_ALLOWED"],
    ["writer", writer, by("person"), "NOT_ALLOWED"],
    ["reader or service", readerOrService, by("person"), "alice"],
    ["reader or service", readerOrService, by("service"), "worker"],
    ["reader or service", readerOrService, internal, "internal"],
    ["reader or service", readerOrService, { ...internal, page }, "internal"],
    ["reader or service", readerOrService, { ...none, internalKey: "wrong" }, "TOKEN_INVALID"],
    ["reader or service", readerOrService, { ...by("person"), internalKey: "wrong" }, "alice"],
    ["bearer", bearer, by("person"), "alice"],
    ["bearer", bearer, { ...none, page }, "TOKEN_MISSING"],
    ["reader", reader, by("key"), "alice"],
    ["owner's look", ownersLook, by("key"), "NOT_ALLOWED"],
    ["own program", ownProgram, by("person"), "alice"],
    ["own program", ownProgram, by("no-scope"), "alice"],
    ["own program", ownProgram, by("other-program"), "NOT_ALLOWED"],
    ["own program", ownProgram, by("service"), "NOT_ALLOWED"],
    ["own program", ownProgram, { ...none, page }, "TOKEN_MISSING"],
  ])("%s: %j shows %j: %s", async (...given) => {
    const [, access, shown, expected] = given;
    const outcome = await admit(authenticate, access, shown, { local: false, page: false }).then(
      ({ userId }) => userId,
      (reason: unknown) => PipitError.from(reason).code,
    );
    expect(outcome).toBe(expected);
  });

  test("a missing scope is named", async () => {
    const refused = admit(authenticate, writer, by("person"), { local: false, page: false });
    await expect(refused).rejects.toMatchObject({
      code: "NOT_ALLOWED",
      message: expect.stringContaining("api:write") as string,
      field: "scope",
    });
  });

  test("an original client without a token has no scope, and is let in all the same", async () => {
    const admitted = admit(authenticate, writer, none, { local: true, page: false });
    await expect(admitted).resolves.toMatchObject({ userId: "local", anonymous: true });
  });
});
