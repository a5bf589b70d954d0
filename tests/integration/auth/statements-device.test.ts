import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "#server/domain/clock.ts";
import { createAttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { databasesBySize } from "#server/testing/databases.ts";
import { openAuthStage, type AuthStage } from "#tests/testing/auth/auth-stage.ts";
import { createFormBrowser, type BrowserPage } from "#tests/testing/auth/form-browser.ts";
import { approveDevice, beginDevice, outcomeOf, poll } from "#tests/testing/auth/statements-flows.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";

const PENDING = [400, "authorization_pending"];
const SLOW_DOWN = [400, "slow_down"];
const INVALID_GRANT = [400, "invalid_grant"];
/** The letters that people do not mix up: no vowels, and no Y. */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";

describe.each(databasesBySize)("the device grant on $name", ({ name }) => {
  let stage: AuthStage;
  let people = 0;
  let person: string;
  beforeAll(async () => {
    stage = await openAuthStage(name);
  });
  beforeEach(async () => {
    people += 1;
    person = `ann-${people}`;
    await stage.addAccount({ id: person });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test("[30] until somebody approves it is authorization_pending, and too quick a poll slow_down, 5 s more each time", async () => {
    const device = await beginDevice(stage);
    expect(device.answer.body).toMatchObject({ expires_in: 600, interval: 5 });
    const after = async (seconds: number) => {
      stage.advance(seconds * 1_000);
      return outcomeOf(await poll(stage, device));
    };
    expect(await after(0)).toEqual(PENDING);
    expect(await after(5)).toEqual(PENDING);
    expect(await after(4)).toEqual(SLOW_DOWN);
    expect(await after(9)).toEqual(SLOW_DOWN);
    expect(await after(15)).toEqual(PENDING);
    expect(await after(14)).toEqual(SLOW_DOWN);
    expect(await after(20)).toEqual(PENDING);
  });

  test("[30] a person who says no is access_denied", async () => {
    const device = await beginDevice(stage);
    const browser = createFormBrowser(stage.url);
    const confirm = await browser.send(await browser.open("/oauth/device"), { user_code: device.userCode });
    await browser.send(confirm, {}, ["abort", "yes"]);
    expect(outcomeOf(await poll(stage, device))).toEqual([400, "access_denied"]);
  });

  test("[30] after ten minutes it is expired_token, also when it was approved", async () => {
    const [waiting, approved] = [await beginDevice(stage), await beginDevice(stage)];
    await approveDevice(stage, approved, person);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601_000 });
    try {
      for (const device of [waiting, approved]) {
        expect(outcomeOf(await poll(stage, device))).toEqual([400, "expired_token"]);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test("[31] a user code is one of 20^8", async () => {
    const codes = new Set<string>();
    for (let count = 0; count < 20; count += 1) codes.add((await beginDevice(stage)).userCode);
    expect(codes.size).toBe(20);
    const shape = new RegExp(`^[${LETTERS}]{4}-[${LETTERS}]{4}$`);
    for (const code of codes) expect(code).toMatch(shape);
    expect(LETTERS.length).toBe(20);
  });

  test("[31] five wrong codes from one network, and it waits; another network does not", async () => {
    const device = await beginDevice(stage);
    /** By the proxy that the server trusts. */
    const openAt = async (address: string) => {
      const browser = createFormBrowser(stage.url, { "x-forwarded-for": address });
      const page = await browser.open("/oauth/device");
      return { page, type: (last: BrowserPage, code: string) => browser.send(last, { user_code: code }) };
    };
    const guesser = await openAt("192.0.2.1");
    let { page } = guesser;
    for (const letter of LETTERS.slice(0, 5)) {
      page = await guesser.type(page, `BBBB-BBB${letter}`);
      expect(page.text).toContain(`value="BBBB-BBB${letter}"`);
    }
    const refused = await guesser.type(page, device.userCode);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const other = await openAt("192.0.2.2");
    const right = await other.type(other.page, device.userCode);
    expect(right.text).toContain("Is this your device?");
  });

  test("[32] an account that was switched off after it approved gives no tokens to the device", async () => {
    const device = await beginDevice(stage);
    await approveDevice(stage, device, person);
    await stage.store.auth.accounts.update(person, { active: false }, 1);
    expect(outcomeOf(await poll(stage, device))).toEqual(INVALID_GRANT);
    await stage.store.auth.accounts.update(person, { active: true }, 2);
  });

  test("[32] an account that was locked by wrong passwords after it approved gives no tokens to the device", async () => {
    const device = await beginDevice(stage);
    await approveDevice(stage, device, person);
    for (const last of [1, 2, 3, 4, 5]) {
      const headers = { "content-type": "application/json", "x-forwarded-for": `198.51.100.${last}` };
      const body = JSON.stringify({ login: person, password: "Wrong-password-1" });
      const answer = await fetch(`${stage.url}/auth/login`, { method: "POST", headers, body });
      expect(answer.status).toBe(401);
    }
    const answer = await poll(stage, device);
    expect(outcomeOf(answer)).toEqual([429, "invalid_grant"]);
    expect(answer.body).not.toHaveProperty("access_token");
    // The lock is the account's, not the code's: once an admin has lifted it, the device gets in.
    await createAttemptLimits({ counters: stage.store.counters, clock: systemClock }).unlock(person);
    expect((await poll(stage, device)).status).toBe(200);
  });

  test("[32] a client that was switched off gives no tokens to the device", async () => {
    const device = await beginDevice(stage);
    await approveDevice(stage, device, person);
    await stage.clients.disable("pipit-cli", systemOrigin);
    stage.advance(1_000);
    expect(outcomeOf(await poll(stage, device))).toEqual([401, "invalid_client"]);
    await stage.clients.enable("pipit-cli", systemOrigin);
    stage.advance(1_000);
  });

  test("[33] of eight polls at once one at most gets tokens, and a later one none", async () => {
    const device = await beginDevice(stage);
    const done = await approveDevice(stage, device, person);
    expect(done.text).toContain("The device is signed in.");
    const answers = await Promise.all(Array.from({ length: 8 }, () => poll(stage, device)));
    const given = answers.filter(({ status }) => status === 200);
    expect(given).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(outcomeOf(answer)).toEqual(INVALID_GRANT);
    }
    expect(outcomeOf(await poll(stage, device))).toEqual(INVALID_GRANT);
    expect(given[0]?.body).toMatchObject({ scope: "openid api:read", token_type: "bearer" });
  });
});
