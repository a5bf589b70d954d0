import { describe, expect, test } from "vitest";
import { databases, sqlite } from "#server/testing/databases.ts";
import { limitRules } from "#server/domain/limits/rules.ts";
import type { OauthClient } from "#server/domain/tokens/ports.ts";
import { NEW_PASSWORD, openAccountStage, originFrom, PASSWORD } from "#server/testing/account-stage.ts";

const byAdmin = { by: "admin" };

function clientOf(clientId: string): OauthClient {
  return {
    clientId,
    name: clientId,
    secretHash: undefined,
    confidential: false,
    firstParty: true,
    applicationType: "native",
    redirectUris: [],
    postLogoutRedirectUris: [],
    grantTypes: ["password"],
    scope: "api:read",
    allowPasswordGrant: true,
    tokenAlgorithm: "RS256",
    accessTtlSeconds: 900,
    refreshTtlSeconds: 1000,
    refreshAbsoluteSeconds: 1000,
    refreshGraceMs: 0,
    active: true,
    createdAtMs: 1,
    updatedAtMs: 1,
  };
}

describe("accounts", () => {
  test("are registered with what was given, and the login in place of a name", async () => {
    await using stage = await openAccountStage(sqlite);
    const ann = await stage.register("Ann");
    expect(ann).toMatchObject({
      login: "Ann",
      displayName: "Ann",
      about: undefined,
      email: undefined,
      role: "user",
      local: false,
      active: true,
      createdAtMs: stage.temporary.clock.nowMs(),
    });
    // A version-7 UUID, so no id is ever a client's (docs/security.md, statement 19).
    expect(ann.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const bob = await stage.accounts.register(
      {
        login: "bob",
        password: PASSWORD,
        displayName: " Bob B. ",
        about: "Hi",
        email: "Bob@x.org",
        role: "admin",
      },
      originFrom(),
    );
    expect(bob).toMatchObject({ displayName: "Bob B.", about: "Hi", email: "Bob@x.org", role: "user" });
    expect(await stage.temporary.store.auth.accounts.findById(bob.id)).toEqual(bob);
    expect(await stage.audited()).toEqual(["account.registered success", "account.registered success"]);
  });

  test.each([
    ["login", { login: "ab" }],
    ["login", { login: "LOCAL" }],
    ["login", { login: "pipit-cli" }],
    ["login", { login: "PIPIT-CLI" }],
    ["login", { login: "ANN" }],
    ["login", { login: "ann@x.org" }],
    ["password", { password: "short" }],
    ["password", { password: "Xbobby-1xx", login: "bobby" }],
    ["display_name", { displayName: "x".repeat(101) }],
    ["about", { about: "x".repeat(2001) }],
    ["email", { email: "no address" }],
    ["email", { email: "ANN@x.org" }],
    ["email", { email: "cid@x.org" }],
  ])("are not registered when the %s is not good: %j", async (field, given) => {
    await using stage = await openAccountStage(sqlite);
    await stage.temporary.store.auth.clients.insert(clientOf("pipit-cli"));
    await stage.accounts.register({ login: "ann", password: PASSWORD, email: "ann@x.org" }, originFrom());
    await stage.register("cid@x.org");
    await expect(
      stage.accounts.register({ login: "bob", password: PASSWORD, ...given }, originFrom()),
    ).rejects.toMatchObject({ code: "INVALID_REQUEST", field });
    expect(await stage.temporary.store.auth.accounts.count()).toBe(2);
  });

  test("only so many are registered from one network in an hour; an admin is not counted", async () => {
    await using stage = await openAccountStage(sqlite);
    const refused = () => stage.accounts.register({ login: "x y", password: PASSWORD }, originFrom());
    const taken = () => stage.register("ann");
    await taken();
    for (let count = 1; count < limitRules.registration.max; count++) await expect(taken()).rejects.toThrow();
    // What can be seen to be wrong is not counted, and not refused either.
    await expect(refused()).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    await expect(stage.register("bob")).rejects.toMatchObject({ code: "RATE_LIMITED" });
    await expect(
      stage.accounts.create({ login: "bob", password: PASSWORD, role: "admin" }, byAdmin, originFrom()),
    ).resolves.toMatchObject({ role: "admin" });
    stage.temporary.clock.advance(limitRules.registration.windowMs);
    await expect(stage.register("eve")).resolves.toBeDefined();
  });

  test("profiles change only in what is given", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    await stage.register("bob@x.org");
    const update = (change: object) => stage.accounts.updateProfile(id, change, originFrom());
    await expect(update({ about: "Hi", email: "ann@x.org" })).resolves.toMatchObject({
      displayName: "ann",
      about: "Hi",
      email: "ann@x.org",
    });
    await expect(update({ displayName: "Ann A." })).resolves.toMatchObject({
      displayName: "Ann A.",
      about: "Hi",
    });
    await expect(update({ about: "", email: " " })).resolves.toMatchObject({
      displayName: "Ann A.",
      about: undefined,
      email: undefined,
    });
    await expect(update({ email: "Bob@X.org" })).rejects.toMatchObject({ field: "email" });
    await expect(update({ displayName: " " })).rejects.toMatchObject({ field: "display_name" });
    await expect(stage.accounts.updateProfile("nobody", {}, originFrom())).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  });

  test("who is signed in does not ask for every address whether somebody has it", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    const update = (email: string) => stage.accounts.updateProfile(id, { email }, originFrom());
    // One of the hundred was the registration.
    for (let count = 1; count < 100; count++) await update(`ann-${count}@x.org`);
    await expect(update("bob@x.org")).rejects.toMatchObject({ code: "RATE_LIMITED" });
    await expect(
      stage.accounts.updateProfile(id, { email: "", about: "Hi" }, originFrom()),
    ).resolves.toMatchObject({ about: "Hi" });
  });

  test("an admin's decisions are kept, with who decided", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    await expect(stage.accounts.setRole(id, "admin", byAdmin, originFrom())).resolves.toMatchObject({
      role: "admin",
    });
    await expect(stage.accounts.deactivate(id, byAdmin, originFrom())).resolves.toMatchObject({
      active: false,
    });
    await expect(stage.accounts.activate(id, byAdmin, originFrom())).resolves.toMatchObject({ active: true });
    await stage.accounts.unlock(id, byAdmin, originFrom());
    await stage.accounts.removeSecondFactor(id, byAdmin, originFrom());
    const rows = await stage.temporary.query(
      "select event, data, user_id from audit_events order by at_ms, id",
    );
    expect(
      rows.slice(1).map(({ event, data, user_id }) => [event, JSON.parse(String(data)), user_id]),
    ).toEqual([
      ["account.role_changed", { by: "admin", role: "admin" }, id],
      ["account.deactivated", byAdmin, id],
      ["account.activated", byAdmin, id],
      ["account.unlocked", byAdmin, id],
      ["otp.disabled", byAdmin, id],
    ]);
  });

  test("an admin's new password ends all sessions and a lockout", async () => {
    await using stage = await openAccountStage(sqlite);
    const { id } = await stage.register("ann");
    await stage.startSessions(id);
    const signIn = (password: string, index: number) =>
      stage.login({ login: "ann", password, via: "web" }, originFrom(`198.51.100.${index}`));
    for (let index = 1; index <= 5; index++) await expect(signIn("Wrong-horse-1", index)).rejects.toThrow();
    await stage.accounts.setPassword(id, NEW_PASSWORD, byAdmin, originFrom());
    expect(await stage.liveSessions(id)).toEqual([]);
    await expect(signIn(PASSWORD, 6)).rejects.toMatchObject({ code: "CREDENTIALS_INVALID" });
    await expect(signIn(NEW_PASSWORD, 6)).resolves.toBeDefined();
  });
});

describe.each(databases)("accounts on $name, at once", (database) => {
  test("of eight who register one login at once, one gets it", async () => {
    await using stage = await openAccountStage(database);
    const settled = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => stage.register(index % 2 === 0 ? "ann" : "ANN")),
    );
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await stage.audited()).toEqual(["account.registered success"]);
  });
});
