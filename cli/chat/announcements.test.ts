import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Client } from "#engine/node/client.ts";
import { messagesFor } from "../kit/messages.ts";
import { tellDatabaseSetAside, tellTokenPlace } from "./announcements.ts";

const messages = messagesFor("en");
const never = new AbortController().signal;

function openTerminal() {
  const stderr = new PassThrough();
  const terminal = { stdin: new PassThrough(), stdout: new PassThrough(), stderr, colour: false };
  return { terminal, notes: () => String(stderr.read() ?? "") };
}

describe("a database that was set aside", () => {
  const clientOf = (ownServer: boolean, setAside: string | undefined) =>
    ({ ownServer, link: { connect: async () => ({ setAside }) } }) as unknown as Client;

  test.each([
    [
      "told of our own server",
      true,
      "/x/pipit.db.corrupt",
      `${messages.databaseSetAside("/x/pipit.db.corrupt")}\n`,
    ],
    ["not told when there is none", true, undefined, ""],
    ["not told of a named server, which has its own people", false, "/x/pipit.db.corrupt", ""],
  ])("is %s", async (_name, ownServer, setAside, told) => {
    const { terminal, notes } = openTerminal();
    await tellDatabaseSetAside(clientOf(ownServer, setAside), terminal, messages, never);
    expect(notes()).toBe(told);
  });
});

test.each([
  ["locked", `${messages.tokenPlaceFile("locked")}\n`],
  [undefined, ""],
])("tokens that could not go to the keychain (%s) are told", (fallbackReason, told) => {
  const { terminal, notes } = openTerminal();
  const client = { session: { place: () => ({ fallbackReason }) } } as unknown as Client;
  tellTokenPlace(client, terminal, messages);
  expect(notes()).toBe(told);
});
