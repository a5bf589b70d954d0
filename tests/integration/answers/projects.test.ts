import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { say, stream, type ChatRequest } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { WireClient } from "#tests/doubles/wire-client.ts";
import { openAuthStage } from "#tests/testing/auth/auth-stage.ts";
import { startTestServer } from "../start-test-server.ts";

const isAside = ({ prompt }: ChatRequest): boolean => prompt.startsWith("<message-");
const idOf = (body: unknown): string => String((body as { readonly id?: unknown }).id);

function apiOf(url: string, token: string) {
  return async (method: string, path: string, body?: object) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = response.status === 204 ? undefined : ((await response.json()) as object);
    return { status: response.status, body: answer };
  };
}

/** A server on a database whose model is asked for memories. */
async function openStage(database: "SQLite" | "PostgreSQL") {
  await using starting = new AsyncDisposableStack();
  const remember = JSON.stringify({ remember: ["I sell tea"] });
  const model = starting.use(
    await startOpenAiDouble((request) => stream(say(isAside(request) ? remember : "Sure."))),
  );
  const server = starting.use(
    await startTestServer({
      database,
      config: {
        model: { url: model.url, ollamaUrl: "http://127.0.0.1:9" },
        aside: { titles: true, memories: true },
      },
    }),
  );
  const client = starting.use(new WireClient(server.grpcUrl, server.accessToken));
  const owned = starting.move();
  return {
    api: apiOf(server.httpUrl, server.accessToken),
    /** What the model was asked beside answers. */
    beside: () => JSON.stringify(model.requests.filter(isAside)),
    /** Asks, and gives what the model was told for the answer. */
    async ask(prompt: string, chat: string | { readonly projectId: string }) {
      const before = model.requests.length;
      const call = client.stream({
        prompt,
        ...(typeof chat === "string" ? { chatId: chat } : chat),
        hardwareId: "mac",
        speak: false,
        clientMessageId: crypto.randomUUID(),
      });
      expect((await call.status).details).toBe("");
      return JSON.stringify(model.requests.slice(before).find((request) => !isAside(request))?.messages);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe.each(databases)("projects on $name", ({ name }) => {
  test("say in each of their chats what to do, and may leave memories out of them", async () => {
    await using stage = await openStage(name);
    const { api, ask, beside } = stage;
    await api("POST", "/v1/memories", { text: "I live in Lisbon" });
    const atlas = await api("POST", "/v1/projects", {
      name: " Atlas ",
      instructions: "Answer in one line.\n",
    });
    expect(atlas).toMatchObject({
      status: 201,
      body: { name: "Atlas", instructions: "Answer in one line.", memory: true },
    });
    const project = idOf(atlas.body);
    const inside = idOf((await api("POST", "/v1/chats", { title: "Plan", project_id: project })).body);
    const outside = idOf((await api("POST", "/v1/chats", { title: "Other" })).body);
    const told = await ask("I sell tea", inside);
    expect(told).toContain("Answer in one line.");
    expect(told).toContain("I live in Lisbon");
    await expect.poll(() => beside()).toContain("I sell tea");
    expect(await ask("And now?", outside)).not.toContain("Answer in one line.");

    await api("PUT", `/v1/projects/${project}`, { memory: false });
    const closed = await ask("I grow coffee", inside);
    expect(closed).toContain("Answer in one line.");
    expect(closed).not.toContain("I live in Lisbon");
    await ask("I sell milk", outside);
    await expect.poll(() => beside()).toContain("I sell milk");
    expect(beside()).not.toContain("I grow coffee");

    const listed = async (of: string) =>
      ((await api("GET", `/v1/chats?project=${of}`)).body as { data: readonly object[] }).data.map(idOf);
    expect(await listed(project)).toEqual([inside]);
    await api("PUT", `/v1/chats/${outside}`, { project_id: project });
    expect(new Set(await listed(project))).toEqual(new Set([inside, outside]));
    expect((await api("PUT", `/v1/chats/${outside}`, { project_id: null })).body).not.toHaveProperty(
      "project_id",
    );

    // A chat that is begun by its question is in the project that this names; one that is gone is none.
    expect(await ask("I sell rice", { projectId: project })).toContain("Answer in one line.");
    expect(await listed(project)).toHaveLength(2);
    expect(await ask("I sell salt", { projectId: "gone" })).not.toContain("Answer in one line.");
    expect(await listed(project)).toHaveLength(2);

    expect(await api("DELETE", `/v1/projects/${project}`)).toMatchObject({ status: 204 });
    expect((await api("GET", `/v1/chats/${inside}`)).body).not.toHaveProperty("project_id");
    const after = await ask("Still there?", inside);
    expect(after).toContain("I live in Lisbon");
    expect(after).not.toContain("Answer in one line.");
  });

  test("are nobody else's, and have bounds", async () => {
    await using stage = await openAuthStage(name);
    const signedIn = async (id: string) => {
      await stage.addAccount({ id, login: id });
      const { accessToken } = await stage.signIn(id);
      return apiOf(stage.url, accessToken);
    };
    const [api, theirs] = [await signedIn("ann"), await signedIn("ben")];
    const project = idOf((await api("POST", "/v1/projects", { name: "Atlas" })).body);
    expect((await theirs("GET", "/v1/projects")).body).toEqual({ data: [] });
    expect(await theirs("PUT", `/v1/projects/${project}`, { name: "Mine" })).toMatchObject({ status: 404 });
    expect(await theirs("DELETE", `/v1/projects/${project}`)).toMatchObject({ status: 404 });
    const refused = { status: 400, body: { error: { field: "project_id" } } };
    expect(await theirs("POST", "/v1/chats", { project_id: project })).toMatchObject(refused);
    const chat = idOf((await theirs("POST", "/v1/chats", {})).body);
    expect(await theirs("PUT", `/v1/chats/${chat}`, { project_id: project })).toMatchObject(refused);
    for (const instructions of ["x".repeat(4_001), "a\u0000b"]) {
      expect(await api("PUT", `/v1/projects/${project}`, { instructions })).toMatchObject({
        status: 400,
        body: { error: { field: "instructions" } },
      });
    }
    const { projects } = stage.store.auth;
    for (let more = 1; more < 100; more += 1) {
      const times = { createdAtMs: 1, updatedAtMs: 1 };
      const made = { id: `p${more}`, userId: "ann", name: "More", instructions: "", remembers: true };
      await projects.create({ ...made, ...times });
    }
    expect(await api("POST", "/v1/projects", { name: "One too many" })).toMatchObject({
      status: 400,
      body: { error: { field: "name" } },
    });
  });
});
