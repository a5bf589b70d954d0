import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { startServerProcess, type ServerProcess } from "#tests/testing/auth/server-process.ts";
import { chatGptConversation, exportOf } from "#tests/testing/foreign-exports.ts";

const CHATS = 400;
const PASSWORD = "Correct-horse-1";
const env = { PIPIT_MASTER_KEY: Buffer.alloc(32, 7).toString("base64") };

async function begin(server: ServerProcess, token: string, file: string): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" };
  const asked = request(new URL("/v1/chats/import", server.url), { method: "POST", headers });
  asked.end(file);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return answer;
}

async function tokenOf(server: ServerProcess): Promise<string> {
  const body = new URLSearchParams({
    grant_type: "password",
    client_id: CLI_CLIENT_ID,
    username: "ann",
    password: PASSWORD,
  });
  const answer = await fetch(`${server.url}/oauth/token`, { method: "POST", body });
  return ((await answer.json()) as { access_token: string }).access_token;
}

test("[24] a server that is killed in the middle of an import keeps whole chats, and the next import adds the rest", async () => {
  const file = exportOf(chatGptConversation, CHATS);
  await using server = await startServerProcess({ env });
  await fetch(`${server.url}/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: "ann", password: PASSWORD }),
  });
  const answer = await begin(server, await tokenOf(server), file);
  answer.on("error", () => {});
  await once(answer, "data");
  await server.kill();
  await using again = await startServerProcess({ env, home: server.home });
  const token = await tokenOf(again);
  const exported = async () => {
    const got = await fetch(`${again.url}/v1/chats/export`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return ((await got.json()) as { chats: { messages: unknown[] }[] }).chats;
  };
  const kept = await exported();
  const lines = (await text(await begin(again, token, file))).trim().split("\n");
  const { report } = JSON.parse(lines.at(-1) ?? "") as { report: { chats: Record<string, number> } };
  expect(report.chats).toEqual({ made: CHATS - kept.length, extended: 0, unchanged: kept.length });
  expect(new Set((await exported()).map(({ messages }) => messages.length))).toEqual(new Set([8]));
});
