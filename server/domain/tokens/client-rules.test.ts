import { describe, expect, test } from "vitest";
import { builtInClients, compatClients, usualLifetimes } from "./built-in-clients.ts";
import { checkClient, checkClientId } from "./client-rules.ts";
import type { OauthClient } from "./ports.ts";

const web: OauthClient = {
  clientId: "app",
  name: "App",
  secretHash: "x",
  confidential: true,
  firstParty: false,
  applicationType: "web",
  redirectUris: ["https://app.example/callback"],
  postLogoutRedirectUris: [],
  grantTypes: ["authorization_code", "refresh_token"],
  scope: "openid api:read",
  allowPasswordGrant: false,
  tokenAlgorithm: "RS256",
  ...usualLifetimes,
  active: true,
  createdAtMs: 1,
  updatedAtMs: 1,
};
const native: OauthClient = {
  ...web,
  secretHash: undefined,
  confidential: false,
  applicationType: "native",
};

function refusal(client: OauthClient): { field: string | undefined; message: string } {
  try {
    checkClient(client);
  } catch (reason) {
    expect(reason).toMatchObject({ code: "INVALID_REQUEST" });
    return reason as { field: string | undefined; message: string };
  }
  throw new Error("the client was accepted");
}

describe("redirect addresses", () => {
  test.each([
    "https://app.example/callback",
    "https://app.example",
    "https://app.example:8443/a/b?x=1",
    "https://xn--e1afmkfd.example/",
  ])("a web client may have %s", (uri) => {
    expect(checkClient({ ...web, redirectUris: [uri, uri] }).redirectUris).toEqual([uri]);
  });

  test.each([
    "http://127.0.0.1/callback",
    "http://127.0.0.1:53124/",
    "http://[::1]/callback",
    "http://[::1]:7000/x",
    "com.example.app:/callback",
    "com.example.app://callback",
    "https://app.example/callback",
  ])("[34] a native client may have %s", (uri) => {
    expect(checkClient({ ...native, redirectUris: [uri] }).redirectUris).toEqual([uri]);
  });

  test.each([
    "http://app.example/callback",
    "http://127.0.0.1/callback",
    "com.example.app:/callback",
    "https://app.example/callback#",
    "https://app.example/callback#part",
    "https://*.app.example/callback",
    "https://app.example/*",
    "https://user@app.example/callback",
    "https://user:secret@app.example/callback",
    "https://APP.example/callback",
    "https://app.example:443/callback",
    "https://app.example/a/../callback",
    "https://app.example\\@evil.example/",
    "https://app.example/call back",
    "https://app.example/обратно",
    "https:app.example/callback",
    "//app.example/callback",
    "/callback",
    "callback",
    "",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    ` https://app.example/callback`,
    `https://app.example/${"x".repeat(2_000)}`,
  ])("[13] a web client may not have %s", (uri) => {
    expect(refusal({ ...web, redirectUris: [uri] }).field).toBe("redirect_uris");
    const named = refusal({ ...web, postLogoutRedirectUris: [uri] });
    expect(named.field).toBe("post_logout_redirect_uris");
  });

  test.each([
    "http://localhost/callback",
    "http://127.0.0.2/callback",
    "http://127.0.0.1.evil.example/",
    "http://192.168.0.1/callback",
    "myapp:/callback",
    "javascript:alert(1)",
    "http://127.0.0.1/callback#x",
    "http://user@127.0.0.1/callback",
    "http://127.1/callback",
    "http://[0:0:0:0:0:0:0:1]/callback",
    ".a:/callback",
  ])("[34] a native client may not have %s", (uri) => {
    expect(refusal({ ...native, redirectUris: [uri] }).field).toBe("redirect_uris");
  });

  test("there are at most 20", () => {
    const redirectUris = Array.from({ length: 21 }, (_, n) => `https://app.example/${n}`);
    expect(refusal({ ...web, redirectUris }).message).toMatch(/at most 20/);
  });
});

describe("a client", () => {
  test.each<[string, Partial<OauthClient>, string]>([
    ["an empty name", { name: " " }, "name"],
    ["a name of two lines", { name: "a\nb" }, "name"],
    ["a long name", { name: "x".repeat(101) }, "name"],
    ["no grant", { grantTypes: [] }, "grant_types"],
    ["a code and nowhere to bring it", { redirectUris: [] }, "redirect_uris"],
    ["the password grant, unless it is allowed it", { grantTypes: ["password"] }, "grant_types"],
    [
      "the password grant, unless it is ours",
      { grantTypes: ["password"], allowPasswordGrant: true },
      "grant_types",
    ],
    ["a permission without its grant", { allowPasswordGrant: true, firstParty: true }, "grant_types"],
    [
      "the local grant, unless it is ours",
      { grantTypes: ["urn:pipit:params:oauth:grant-type:local"] },
      "grant_types",
    ],
    ["no scope", { scope: " " }, "scope"],
    ["a scope that nobody knows", { scope: "api:read everything" }, "scope"],
    ["the right to administer, together with people", { scope: "api:admin" }, "scope"],
    ["a token of two hours", { accessTtlSeconds: 7_200 }, "accessTtlSeconds"],
    ["a token of a second", { accessTtlSeconds: 1 }, "accessTtlSeconds"],
    ["a broken number", { refreshTtlSeconds: Number.NaN }, "refreshTtlSeconds"],
    ["half a second", { refreshAbsoluteSeconds: 60.5 }, "refreshAbsoluteSeconds"],
    ["a grace of hours", { refreshGraceMs: 3_600_000 }, "refreshGraceMs"],
    ["a negative grace", { refreshGraceMs: -1 }, "refreshGraceMs"],
  ])("may not have %s", (_name, change, field) => {
    expect(refusal({ ...web, ...change }).field).toBe(field);
  });

  test("that is public proves nothing by itself, and a native one keeps no secret", () => {
    expect(refusal({ ...native, grantTypes: ["client_credentials"] }).field).toBe("grant_types");
    expect(refusal({ ...native, confidential: true }).field).toBe("application_type");
  });

  test("may be a service that administers", () => {
    const service = {
      ...web,
      redirectUris: [],
      grantTypes: ["client_credentials"],
      scope: "api:admin",
    } as const;
    expect(checkClient(service)).toEqual(service);
  });

  test("is kept in one spelling", () => {
    expect(checkClient({ ...web, name: "  App ", scope: "openid  openid api:read" })).toMatchObject({
      name: "App",
      scope: "openid api:read",
    });
  });

  test.each([...builtInClients, ...compatClients])("of ours keeps the rules: $clientId", (definition) => {
    const client = { ...definition, secretHash: undefined, active: true, createdAtMs: 1, updatedAtMs: 1 };
    expect(checkClient(client)).toEqual(client);
    checkClientId(client.clientId);
  });
});

describe("[19] a client id", () => {
  test.each(["app", "my-app.2", "client-0f6a6a38-6b1c-4c6e-9f0e-1d2a3b4c5d6e", "codelab_internal"])(
    "may be %s",
    (id) => {
      expect(() => checkClientId(id)).not.toThrow();
    },
  );

  test.each([
    ["an account's", "0f6a6a38-6b1c-4c6e-9f0e-1d2a3b4c5d6e"],
    ["that of callers without a client", "internal"],
    ["that of original clients", "legacy"],
    ["in capitals", "App"],
    ["short", "ab"],
    ["long", "x".repeat(65)],
    ["with a space", "my app"],
    ["with a colon", "my:app"],
    ["with a quote", "app' or '1'='1"],
    ["begun by a dot", ".app"],
    ["empty", ""],
  ])("may not be %s", (_name, id) => {
    expect(() => checkClientId(id)).toThrow(
      expect.objectContaining({ code: "INVALID_REQUEST", field: "client_id" }),
    );
  });
});
