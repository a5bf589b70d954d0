import { calculateJwkThumbprint, decodeJwt, type JSONWebKeySet } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { databasesBySize } from "#server/testing/databases.ts";
import { GrpcJsClient } from "../server-clients.ts";
import {
  bearer,
  openAuthStage,
  type AuthStage,
  type ConfidentialClient,
} from "#tests/testing/auth/auth-stage.ts";
import { audiences, forgeries, goodToken, signed, type Good } from "#tests/testing/auth/forgeries.ts";

const OK = 0;
const UNAUTHENTICATED = 16;
const INACTIVE = '{"active":false}';

describe.each(databasesBySize)("access tokens on $name", ({ name }) => {
  let stage: AuthStage;
  let asker: ConfidentialClient;
  let good: Good;
  let grpc: GrpcJsClient;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    grpc = new GrpcJsClient(stage.server.grpcUrl);
    await stage.addAccount({ id: "ann" });
    asker = await stage.addConfidential({ clientId: "asker", scope: "api:read token:introspect" });
  });
  beforeEach(async () => {
    good = await goodToken(stage, "ann");
  });
  afterAll(async () => {
    grpc[Symbol.dispose]();
    await stage[Symbol.asyncDispose]();
  });

  /** What each of our doors says to a token: HTTP, userinfo, `/v1`, gRPC, Connect, introspection. */
  const doors = async (token: string): Promise<readonly unknown[]> => {
    const { interruptSession } = StreamingService.method;
    const call = await grpc.call(
      interruptSession,
      { hardwareId: "x" },
      { authorization: bearer(token).authorization },
    );
    const connect = await fetch(`${stage.url}/streaming.StreamingService/InterruptSession`, {
      method: "POST",
      headers: { ...bearer(token), "content-type": "application/json" },
      body: '{"hardwareId":"x"}',
    });
    await connect.body?.cancel();
    return [
      (await stage.get("/oauth/sessions", bearer(token))).status,
      (await stage.get("/oauth/userinfo", bearer(token))).status,
      (await stage.get("/v1/chats", bearer(token))).status,
      call.code,
      connect.status,
      (await stage.post("/oauth/introspect", { token }, asker.basic)).text === INACTIVE,
    ];
  };
  const open = [200, 200, 200, OK, 200, false];
  const closed = [401, 401, 401, UNAUTHENTICATED, 401, true];

  test("[24] the server's own key signs what is taken everywhere, so that forgeries fail for one reason each", async () => {
    expect(good.key.kid).toBe(good.header["kid"]);
    expect(await doors(signed(good.header, good.claims, good.key.privateKey))).toEqual(open);
  });

  test.each(forgeries)("[24] a token with %s is taken nowhere, by HTTP or gRPC", async (_name, forge) => {
    expect(await doors(forge(good))).toEqual(closed);
  });

  test.each(audiences)("[16] a token for %s is taken nowhere, by HTTP or gRPC", async (_name, aud) => {
    expect(await doors(signed(good.header, { ...good.claims, aud }, good.key.privateKey))).toEqual(closed);
  });

  test("[16] a token names its audience, and has the scope that was asked for and no more", async () => {
    const { accessToken } = await stage.signIn("ann", { scope: "api:read" });
    expect(decodeJwt(accessToken)).toMatchObject({ aud: "pipit", scope: "api:read" });
    const { sid } = decodeJwt(accessToken);
    const end = await stage.get(`/oauth/sessions/${String(sid)}`, bearer(accessToken), "DELETE");
    expect(end.status).toBe(403);
  });

  test("[36] published keys are named by their thumbprints, and show no private member", async () => {
    const answer = await stage.get("/.well-known/jwks.json");
    const { keys } = JSON.parse(answer.text) as JSONWebKeySet;
    expect(keys.map(({ alg }) => alg).toSorted()).toEqual(["ES256", "RS256"]);
    for (const jwk of keys) {
      expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk, "sha256"));
      const members = jwk.kty === "RSA" ? ["e", "n"] : ["crv", "x", "y"];
      expect(Object.keys(jwk).toSorted()).toEqual(["alg", "kid", "kty", "use", ...members].toSorted());
    }
    expect(keys.map(({ kid }) => kid)).toContain(good.header["kid"]);
  });
});
