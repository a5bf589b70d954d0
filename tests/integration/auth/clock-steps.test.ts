import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import {
  bearer,
  openAuthStage,
  PASSWORD,
  type Answer,
  type AuthStage,
} from "#tests/testing/auth/auth-stage.ts";

const STEP_MS = 600_000;
/** Forward, back past where it was, and forward again. */
const steps = [STEP_MS, -STEP_MS, -STEP_MS, STEP_MS] as const;
const MAX_FAILURES = 5;
const LOCK_SECONDS = 900;

describe.each(databases)("a server's clock that jumps by ten minutes, on $name", ({ name }) => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    for (const id of ["ann", "bob", "carl"]) await stage.addAccount({ id });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const outcome = ({ status, body }: Answer) => [status, body["error"]];
  let addresses = 0;
  /** Each time from another address, so that the limit of a network is not in the way. */
  const signIn = (user: string, change: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    stage.post(
      "/oauth/token",
      { grant_type: "password", client_id: "pipit-cli", username: user, password: PASSWORD, ...change },
      { "x-forwarded-for": `192.0.2.${(addresses += 1)}` },
    );

  test("signs nobody out: refresh tokens go on, also a retry whose first answer was lost", async () => {
    let { refreshToken } = await stage.signIn("ann");
    for (const stepMs of steps) {
      stage.advance(stepMs);
      const lost = await stage.refresh(refreshToken);
      const again = await stage.refresh(refreshToken);
      expect([lost.status, again.status]).toEqual([200, 200]);
      expect(again.body["refresh_token"]).toBe(lost.body["refresh_token"]);
      refreshToken = String(again.body["refresh_token"]);
      const { status } = await stage.get("/oauth/sessions", bearer(String(again.body["access_token"])));
      expect(status).toBe(200);
    }
  });

  test("does not end a retry's time when it is set back", async () => {
    const { refreshToken } = await stage.signIn("ann");
    const lost = await stage.refresh(refreshToken);
    stage.advance(-STEP_MS);
    const again = await stage.refresh(refreshToken);
    stage.advance(STEP_MS);
    expect(again.body["refresh_token"]).toBe(lost.body["refresh_token"]);
  });

  test("opens no lock", async () => {
    for (let failure = 0; failure < MAX_FAILURES; failure++) {
      expect(outcome(await signIn("bob", { password: "Wrong-horse-9" }))).toEqual([400, "invalid_grant"]);
    }
    // Ahead, right again, behind.
    for (const stepMs of [STEP_MS, -STEP_MS, -STEP_MS]) {
      stage.advance(stepMs);
      const answer = await signIn("bob");
      expect(outcome(answer)).toEqual([429, "invalid_grant"]);
      expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(LOCK_SECONDS);
    }
    stage.advance(STEP_MS);
  });

  test("lets no code of the second factor in twice", async () => {
    const code = await stage.addSecondFactor("carl");
    expect((await signIn("carl", { otp: code })).status).toBe(200);
    for (const stepMs of steps) {
      stage.advance(stepMs);
      expect(outcome(await signIn("carl", { otp: code }))).toEqual([400, "invalid_grant"]);
    }
  });
});
