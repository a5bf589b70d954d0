import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { openAuthStage, type AuthStage } from "#tests/testing/auth/auth-stage.ts";

/** The last line of an import. */
interface Report {
  readonly origin: string | null;
  readonly chats: { readonly made: number; readonly extended: number; readonly unchanged: number };
  readonly turns: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly skipped_chats: readonly { readonly title: string; readonly reason: string }[];
  readonly left_out: { readonly pictures: number; readonly files: number; readonly cut: number };
  readonly problem: string | null;
}

interface Imported {
  readonly status: number;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly report: Report;
}

/** Accounts of a server into which files are imported, and their exports. */
export interface ImportStage extends AsyncDisposable {
  readonly auth: AuthStage;
  readonly ann: Account;
  /** Another account of the same server. */
  readonly ben: Account;
}

interface Account {
  readonly token: string;
  importFile(file: string | Uint8Array, query?: string): Promise<Imported>;
  /** Its chats as `GET /v1/chats/export` has them. */
  exported(): Promise<{ readonly text: string; readonly chats: readonly ExportedChat[] }>;
}

export interface ExportedChat {
  readonly id: string;
  readonly title: string;
  readonly head_turn_id: string | null;
  readonly messages: readonly Readonly<Record<string, unknown>>[];
}

export async function openImportStage(database: "SQLite" | "PostgreSQL"): Promise<ImportStage> {
  await using opening = new AsyncDisposableStack();
  const auth = opening.use(await openAuthStage(database));
  const signIn = async (id: string): Promise<Account> => {
    await auth.addAccount({ id, login: id });
    const { accessToken: token } = await auth.signIn(id);
    return {
      token,
      importFile: (file, query = "") => importFile(auth.url, token, file, query),
      async exported() {
        const answer = await auth.get("/v1/chats/export", { authorization: `Bearer ${token}` });
        return { text: answer.text, chats: answer.body["chats"] as readonly ExportedChat[] };
      },
    };
  };
  const [ann, ben] = [await signIn("ann"), await signIn("ben")];
  const opened = opening.move();
  return { auth, ann, ben, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function importFile(
  url: string,
  token: string,
  file: string | Uint8Array,
  query: string,
): Promise<Imported> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" };
  const asked = request(new URL(`/v1/chats/import${query}`, url), { method: "POST", headers });
  asked.end(file);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  const lines = (await text(answer))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { status: answer.statusCode ?? 0, lines, report: lines.at(-1)?.["report"] as Report };
}

/** An export without what differs with every download. */
export function contentOf(exported: string): string {
  return exported.replace(/"exported_at":"[^"]*"/u, "");
}
