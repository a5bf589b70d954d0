import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { Auth } from "#proto/auth_pb.ts";
import { Messaging } from "#proto/messaging_pb.ts";
import { Otp } from "#proto/otp_pb.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
import { anyone, writer } from "#server/domain/access/access.ts";
import type { Credentials } from "#server/domain/access/authenticate.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { createAuthInterceptor } from "./auth-interceptor.ts";
import { callerKey } from "./call-context.ts";

const alice: Caller = {
  userId: "alice",
  clientId: "c",
  scope: ["api:write"],
  anonymous: false,
  kind: "user",
};

/** All our services behind the interceptor; "Bearer good" is a person, "Bearer service" a service. */
function setUp() {
  const shown: Credentials[] = [];
  const callers: (string | undefined)[] = [];
  const logger = createRecordingLogger();
  const requestGate = createAuthInterceptor({
    services: [
      { service: Auth, access: { register: anyone, login: anyone } },
      { service: Otp, access: { initOtp: writer, checkOtp: { ...writer, owedCode: true } } },
      { service: Messaging, access: { sendMessage: writer, receiveMessages: writer } },
      { service: StreamingService, access: { interruptSession: writer } },
    ],
    logger,
    async authenticate(credentials) {
      shown.push(credentials);
      if (credentials.authorization === "Bearer good") return alice;
      if (credentials.authorization === "Bearer service") return { ...alice, kind: "service" };
      if (credentials.authorization === "Bearer broken") throw new Error("bug");
      throw credentials.authorization === null
        ? new PipitError("TOKEN_MISSING", "Sign in first.")
        : new PipitError("TOKEN_EXPIRED", "It is over.", { field: "authorization" });
    },
  });
  const transport = createRouterTransport(
    ({ service }) => {
      service(Auth, {
        login: (_, context) => {
          callers.push(context.values.get(callerKey)?.userId);
          return { success: true };
        },
      });
      service(Otp, {
        checkOtp: (_, context) => {
          callers.push(context.values.get(callerKey)?.userId);
          return { valid: true };
        },
        initOtp: () => ({}),
      });
      service(Messaging, { sendMessage: () => ({ success: true }) });
      service(StreamingService, {});
    },
    { router: { requestGate } },
  );
  return {
    shown,
    callers,
    logger,
    auth: createClient(Auth, transport),
    otp: createClient(Otp, transport),
    messaging: createClient(Messaging, transport),
    streaming: createClient(StreamingService, transport),
  };
}

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (reason) {
    return ConnectError.from(reason);
  }
  throw new Error("the call was accepted");
}

describe("the auth interceptor", () => {
  test("asks nobody who they are on the way to a token", async () => {
    const { auth, shown, callers } = setUp();
    await auth.login({}, { headers: { token: "bad", authorization: "bad" } });
    expect(shown).toEqual([]);
    expect(callers).toEqual([undefined]);
  });

  test.each([
    { token: "good" },
    { authorization: "Bearer good" },
    { authorization: "Bearer good", token: "bad" },
  ])("knows callers of the original services by %j", async (headers) => {
    const { otp, messaging, callers } = setUp();
    await otp.checkOtp({}, { headers });
    await messaging.sendMessage({}, { headers });
    expect(callers).toEqual(["alice"]);
  });

  test("lets a code be owed by none but the call that takes it", async () => {
    const { otp, messaging, shown } = setUp();
    const headers = { token: "good" };
    await otp.checkOtp({}, { headers });
    await otp.initOtp({}, { headers });
    await messaging.sendMessage({}, { headers });
    expect(shown.map(({ allowPendingOtp }) => allowPendingOtp)).toEqual([true, false, false]);
  });

  test.each([
    [{}, /^Invalid token: Sign in first\.$/],
    [{ token: "bad" }, /^Invalid token: It is over\.$/],
    [{ token: "" }, /^Invalid token: /],
  ])("tells original clients that %j is no valid token, in their words", async (headers, text) => {
    const { messaging, logger } = setUp();
    const error = await failure(messaging.sendMessage({}, { headers }));
    expect(error.code).toBe(Code.Unauthenticated);
    expect(error.rawMessage).toMatch(text);
    expect(logger.lines.map(({ event }) => event)).toEqual(["rpc.refused"]);
  });

  test("refuses services everywhere", async () => {
    const { otp, streaming } = setUp();
    const headers = { authorization: "Bearer service" };
    for (const call of [otp.checkOtp({}, { headers }), streaming.interruptSession({}, { headers })]) {
      expect((await failure(call)).code).toBe(Code.PermissionDenied);
    }
  });

  test("takes no bare token, and says nothing of the original, for our own service", async () => {
    const { streaming, shown } = setUp();
    const error = await failure(streaming.interruptSession({}, { headers: { token: "good" } }));
    expect(error.code).toBe(Code.Unauthenticated);
    expect(error.rawMessage).toBe("Sign in first.");
    expect(shown[0]?.authorization).toBeNull();
  });

  test("passes the internal key on, and reports a bug as one", async () => {
    const { otp, shown, logger } = setUp();
    await failure(otp.checkOtp({}, { headers: { "x-internal-auth": "key" } }));
    expect(shown[0]?.internalKey).toBe("key");
    const error = await failure(otp.checkOtp({}, { headers: { token: "broken" } }));
    expect(error.code).toBe(Code.Internal);
    expect(logger.lines.at(-1)).toMatchObject({ level: "error", event: "rpc.auth_failed" });
  });
});
