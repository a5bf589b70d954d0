import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  fromJson,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOpen, type Access, type CallerAccess } from "#server/domain/access/access.ts";
import type { Route } from "#server/http/kit/route.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { accessRows, readAccessTable } from "#tests/testing/access-table.ts";
import { basicOf, bearer, INTERNAL_KEY, openAuthStage, PASSWORD } from "#tests/testing/auth/auth-stage.ts";
import type { AuthStage, ConfidentialClient } from "#tests/testing/auth/auth-stage.ts";

// Every route and every RPC, asked by everybody who must not, and by who may. Both come from the tables that the server
// itself works with, so that what is added is walked as well.

const table = await readAccessTable();
const { routes, services } = table;
const rpcs = services.flatMap(({ service, access }) =>
  service.methods.map((method) => ({
    name: `${service.typeName}/${method.name}`,
    method,
    access: access[method.localName],
  })),
);

let stage: AuthStage;
let worker: ConfidentialClient;

const everyone = [
  "nobody",
  "a made-up token",
  "a forged token",
  "an expired token",
  "a sign-in that owes its code",
  "a person",
  "a person without the scope",
  "a person by another program",
  "an API key",
  "a service",
  "the internal key",
  "the own page",
  "another page",
] as const;
type Asker = (typeof everyone)[number];

/** What each of them shows. */
let askers: Readonly<Record<Asker, Readonly<Record<string, string>>>>;

beforeAll(async () => {
  stage = await openAuthStage("SQLite");
  await stage.addAccount({ id: "ann", login: "Ann" });
  await stage.addAccount({ id: "dora", login: "Dora" });
  await stage.addSecondFactor("dora");
  worker = await stage.addConfidential({ clientId: "worker", scope: "api:read api:write api:admin" });
  const scope = "api:read api:write openid";
  const expired = await stage.signIn("Ann", { scope });
  stage.advance(20 * 60_000);
  const person = await stage.signIn("Ann", { scope });
  const other = await stage.signIn("Ann", { client_id: "codelab-flutter-app" });
  const service = await stage.post("/oauth/token", { grant_type: "client_credentials" }, worker.basic);
  const owing = await connectJson("/Auth/Login", { login: "Dora", password: PASSWORD });
  const key = await connectJson("/v1/api-keys", { name: "walk" }, bearer(person.accessToken));
  const page = await fetch(`${stage.url}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: "Ann", password: PASSWORD }),
  });
  const cookie =
    page.headers
      .getSetCookie()
      .find((one) => one.startsWith("session_token"))
      ?.split(";")[0] ?? "";
  askers = {
    nobody: {},
    "a made-up token": bearer("a.b.c"),
    "a forged token": bearer(`${person.accessToken.slice(0, -8)}AAAAAAAA`),
    "an expired token": bearer(expired.accessToken),
    "a sign-in that owes its code": bearer(String(owing["token"])),
    "a person": bearer(person.accessToken),
    "a person without the scope": bearer(""),
    "a person by another program": bearer(other.accessToken),
    "an API key": bearer(String(key["key"])),
    "a service": bearer(String(service.body["access_token"])),
    "the internal key": { "x-internal-auth": INTERNAL_KEY },
    "the own page": { cookie, origin: stage.url, "sec-fetch-site": "same-origin" },
    "another page": { cookie, origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  };
});
afterAll(() => stage[Symbol.asyncDispose]());

async function connectJson(
  path: string,
  body: object,
  proof: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const headers = { "content-type": "application/json", ...proof };
  const answer = await fetch(stage.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  return (await answer.json()) as Readonly<Record<string, unknown>>;
}

function takesKeys({ signedIn, scope }: CallerAccess): boolean {
  // No key is given that scope.
  return signedIn !== true && scope !== "openid";
}

/** What the declaration promises this asker: let in, or the kind of refusal. */
function promised(access: CallerAccess, asker: Asker): "in" | "unknown" | "forbidden" {
  const cookies = access.proof.endsWith("-or-cookie");
  const people = access.who !== "operator";
  // The tokens shown are for all but that.
  if (access.proof === "ws-token-or-cookie" && !asker.endsWith("page")) return "unknown";
  const outcomes: Readonly<Record<Asker, boolean | "unknown">> = {
    nobody: "unknown",
    "a made-up token": "unknown",
    "a forged token": "unknown",
    "an expired token": "unknown",
    "a sign-in that owes its code": access.owedCode === true || "unknown",
    // None of them is an admin.
    "a person": people,
    "a person without the scope": access.scope === "any" && people,
    // That program may not ask for openid.
    "a person by another program": people && access.who !== "own-program" && access.scope !== "openid",
    "an API key": takesKeys(access),
    "a service": access.who === "person-or-service",
    "the internal key": access.who === "person-or-service",
    "the own page": cookies ? people : "unknown",
    "another page": cookies || access.ownPageOnly === true ? false : "unknown",
  };
  const outcome = outcomes[asker];
  return outcome === "unknown" ? "unknown" : outcome ? "in" : "forbidden";
}

/** A token for everything but what is asked; made when it is asked for. */
async function headersOf(asker: Asker, access: Access): Promise<Readonly<Record<string, string>>> {
  if (asker !== "a person without the scope") return askers[asker];
  const needed = isOpen(access) ? "any" : access.scope;
  const { accessToken } = await stage.signIn("Ann", {
    scope: needed === "openid" ? "api:read api:write" : "openid",
  });
  return bearer(accessToken);
}

async function ask({ method, path }: Route, headers: Readonly<Record<string, string>>): Promise<Response> {
  const isForm = path.startsWith("/oauth/") || path === "/auth/sign-in";
  return fetch(stage.url + path.replaceAll(/:\w+|\*/g, "x"), {
    method,
    redirect: "manual",
    headers: {
      ...(method === "GET"
        ? {}
        : { "content-type": isForm ? "application/x-www-form-urlencoded" : "application/json" }),
      ...headers,
    },
    ...(method === "GET" ? {} : { body: isForm ? "grant_type=refresh_token&token=x&refresh_token=x" : "{}" }),
  });
}

const names = (all: readonly Route[]) =>
  all.map((route) => [`${route.method} ${route.path}`, route] as const);
const callerRoutes = routes.filter(({ access }) => !isOpen(access));
describe("a route", () => {
  test.each(names(callerRoutes))("%s lets in exactly whom it says", async (_name, route) => {
    const { access } = route;
    if (isOpen(access)) throw new Error("open");
    const seen: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    for (const asker of everyone) {
      const { status, headers } = await ask(route, await headersOf(asker, access));
      seen[asker] = status === 401 ? "unknown" : status === 403 ? "forbidden" : "in";
      wanted[asker] = promised(access, asker);
      if (status === 401) expect(headers.get("www-authenticate")).toMatch(/^Bearer realm="pipit"/);
    }
    expect(seen).toEqual(wanted);
  });

  test.each(names(routes.filter(({ access }) => access.who === "anyone")))(
    "%s asks nobody who they are",
    async (_name, route) => {
      for (const asker of ["nobody", "a made-up token", "an expired token", "a service"] as const) {
        // Pages take forms of their own alone, which is no matter of who sends them.
        const { status } = await ask(route, { ...askers[asker], origin: stage.url });
        expect([asker, status === 401 || status === 403]).toEqual([asker, false]);
      }
    },
  );

  test.each(names(routes.filter(({ access }) => access.ownPageOnly === true)))(
    "%s is refused to other pages",
    async (_name, route) => {
      expect((await ask(route, askers["another page"])).status).toBe(403);
      // Without the cookie: signing out would end the sign-in that the other tests show.
      const own = { ...askers["a person"], origin: stage.url, "sec-fetch-site": "same-origin" };
      if (route.path !== "/auth/logout") expect((await ask(route, own)).status).not.toBe(403);
    },
  );

  test.each(names(routes.filter(({ access }) => access.who === "client")))(
    "%s is for clients that prove themselves",
    async (_name, route) => {
      for (const asker of ["nobody", "a person", "a service"] as const) {
        expect([asker, (await ask(route, askers[asker])).status]).toEqual([asker, 401]);
      }
      expect((await ask(route, basicOf(worker.clientId, "wrong"))).status).toBe(401);
      expect((await ask(route, worker.basic)).status).not.toBe(401);
    },
  );

  test.each(names(routes.filter(({ access }) => access.secure === true)))(
    "%s refuses what others could read on the way",
    async (_name, route) => {
      const read = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "http" };
      expect((await ask(route, { ...askers["a person"], ...read })).status).toBe(403);
      const hidden = { ...read, "x-forwarded-proto": "https" };
      expect((await ask(route, { ...askers["a person"], ...hidden })).status).not.toBe(403);
    },
  );
});

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

/** One call with an empty request: "in" for whatever is no refusal. */
async function call(
  transport: Transport,
  method: DescMethod,
  headers: Readonly<Record<string, string>>,
): Promise<"in" | "unknown" | "forbidden"> {
  const ended = new AbortController();
  try {
    if (isUnary(method)) {
      await transport.unary(method, AbortSignal.timeout(60_000), undefined, headers, {});
      return "in";
    }
    const requests = async function* () {
      // A stream of messages has no end: it is asked for what is not there.
      yield fromJson(method.input, { resumeAfter: "none" }, { ignoreUnknownFields: true });
    };
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(60_000)]);
    const { message } = await transport.stream(
      method as DescMethodStreaming,
      signal,
      undefined,
      headers,
      requests(),
    );
    await message[Symbol.asyncIterator]().next();
    return "in";
  } catch (reason) {
    const { code } = ConnectError.from(reason);
    if (code === Code.Unauthenticated) return "unknown";
    return code === Code.PermissionDenied ? "forbidden" : "in";
  } finally {
    ended.abort();
  }
}

describe.each(["gRPC", "Connect"] as const)("an RPC by %s", (protocol) => {
  test.each(rpcs.map((rpc) => [rpc.name, rpc] as const))(
    "%s lets in exactly whom it says",
    async (_name, rpc) => {
      const { access, method } = rpc;
      if (access === undefined) throw new Error("an RPC without access");
      const transport =
        protocol === "gRPC"
          ? createGrpcTransport({ baseUrl: `http://${stage.server.grpcUrl}` })
          : createConnectTransport({ baseUrl: stage.url, httpVersion: "1.1" });
      const seen: Record<string, string> = {};
      const wanted: Record<string, string> = {};
      for (const asker of everyone) {
        // The gRPC port takes no cookie.
        const page = protocol === "gRPC" && asker.endsWith("page");
        seen[asker] = await call(transport, method, await headersOf(asker, access));
        wanted[asker] = isOpen(access) ? "in" : page ? "unknown" : promised(access, asker);
      }
      expect(seen).toEqual(wanted);
    },
  );
});

test("docs/api.md says who may use each route and RPC", async () => {
  const document = await readFile(join(repositoryRoot, "docs", "api.md"), "utf8");
  const section = document.split("\n## Who may use what\n")[1]?.split("\n## ")[0] ?? "";
  const written = section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(written).toEqual(accessRows(table));
});
