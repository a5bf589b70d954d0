import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { beginning, ending } from "#server/testing/turn-store-kit.ts";
import { contentOf, openImportStage, type ImportStage } from "./import-stage.ts";

const JPEG = Buffer.from("ffd8ffe000104a464946", "hex");

/** Chats with all that a chat can have. */
async function fill({ auth: { store } }: ImportStage, userId: string): Promise<void> {
  const chat = async (title: string, createdAtMs: number) => {
    const id = randomUUID();
    await store.chats.create({ id, userId, title, createdAtMs, updatedAtMs: createdAtMs });
    return id;
  };
  const long = await chat("Много ветвей 🌳", 1_000);
  const ids = Array.from({ length: 45 }, () => randomUUID());
  for (const [index, turnId] of ids.entries()) {
    const at = 2_000 + index * 100;
    await store.turns.begin(
      beginning({
        turnId,
        userId,
        chatId: long,
        clientMessageId: randomUUID(),
        userText: `Question ${index} — ё 病院`,
        nowMs: at,
        // Every seventh question is another branch.
        ...(index % 7 === 6 && { parentTurnId: ids[index - 3] ?? "" }),
        ...(index === 3 && { hadImage: true, picture: { width: 3, height: 2, jpeg: JPEG } }),
        ...(index === 4 && {
          files: [
            {
              name: "a.pdf",
              mediaType: "application/pdf",
              sizeBytes: 9,
              pages: 2,
              text: "a text",
              cut: true,
            },
          ],
        }),
      }),
    );
    const parts = [
      { kind: "reasoning", text: "hm" },
      { kind: "text", text: "Let me see. " },
      { kind: "tool", callId: "c1", name: "calculate", state: "done", summary: "6 * 7" },
      { kind: "text", text: `Answer ${index}` },
      { kind: "notice", code: "CUT", text: "cut short" },
    ] as const;
    await store.turns.finish(
      ending({
        turnId,
        nowMs: at + 50,
        ...(index === 5
          ? { status: "failed", assistantText: "", failure: { code: "MODEL_FAILED", message: "It failed." } }
          : index === 8
            ? { status: "cancelled", assistantText: "Half an" }
            : index === 9
              ? { reasoning: "hm", assistantText: `Let me see. Answer ${index}`, parts }
              : { assistantText: `Answer ${index}` }),
      }),
    );
  }
  await store.turns.remove(userId, long, ids[20] ?? "");
  const projectId = randomUUID();
  const project = { name: "Деревья", instructions: "Answer\nin verse. 🌳", remembers: false };
  await store.auth.projects.create({ ...project, id: projectId, userId, createdAtMs: 400, updatedAtMs: 450 });
  await store.chats.update(userId, long, { shownTurnId: ids[6], pinned: true, projectId });
  await store.chats.update(userId, await chat("Empty", 500), { archived: true });
  await store.chats.create({
    id: randomUUID(),
    userId,
    title: "Temporary",
    createdAtMs: 1,
    updatedAtMs: 1,
    temporary: true,
  });
}

describe.each(databases)("an export of ours that is imported, on $name", ({ name }) => {
  test("[24] comes out of another server as it went in, also when it is imported twice", async () => {
    await using from = await openImportStage(name);
    await using to = await openImportStage(name);
    await fill(from, "ann");
    const before = await from.ann.exported();
    expect(before.chats.map(({ messages }) => messages.length)).toEqual([0, 87]);

    const first = await to.ann.importFile(before.text);
    expect(first.report).toMatchObject({
      origin: "pipit",
      chats: { made: 2, extended: 0, unchanged: 0 },
      turns: 44,
      skipped: {},
      problem: null,
    });
    expect(contentOf((await to.ann.exported()).text)).toBe(contentOf(before.text));
    const second = await to.ann.importFile(before.text);
    expect(second.report).toMatchObject({ chats: { made: 0, extended: 0, unchanged: 2 }, turns: 0 });
    expect(contentOf((await to.ann.exported()).text)).toBe(contentOf(before.text));

    // And back, where nothing is new.
    const back = await from.ann.importFile((await to.ann.exported()).text);
    expect(back.report.chats).toEqual({ made: 0, extended: 0, unchanged: 2 });
    // Another account of the same server gets ids of its own, and the same each time.
    for (const made of [2, 0]) expect((await to.ben.importFile(before.text)).report.chats.made).toBe(made);
    const [ofAnn, ofBen] = [(await to.ann.exported()).chats, (await to.ben.exported()).chats];
    expect(ofBen.map(({ title, messages }) => [title, messages.length])).toEqual(
      ofAnn.map(({ title, messages }) => [title, messages.length]),
    );
    expect(ofBen.map(({ id }) => id)).not.toEqual(ofAnn.map(({ id }) => id));
  });

  test("leaves a temporary chat alone, whose id the file has", async () => {
    await using stage = await openImportStage(name);
    await fill(stage, "ann");
    const { text, chats } = await stage.ann.exported();
    const id = randomUUID();
    const now = Date.now();
    const at = { createdAtMs: now, updatedAtMs: now };
    await stage.auth.store.chats.create({ ...at, id, userId: "ben", title: "Gone soon", temporary: true });
    const file = text.replaceAll(chats.at(-1)?.id ?? "", id);
    expect((await stage.ben.importFile(file)).report.chats.made).toBe(2);
    const headers = { authorization: `Bearer ${stage.ben.token}` };
    expect((await stage.auth.get(`/v1/chats/${id}/messages`, headers)).body).toEqual({ data: [] });
    expect((await stage.ben.importFile(file)).report.chats.unchanged).toBe(2);
  });
});
