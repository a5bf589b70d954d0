import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import { broken, limited, works, type Check } from "./check.ts";

/** The part of `GET /v1/status` that the doctor reads. */
const statusSchema = z.object({
  version: z.string(),
  model: z.object({ kind: z.string(), name: z.string(), works: z.boolean(), detail: z.string() }),
  voice: z.object({ providers: z.record(z.string(), z.string()), detail: z.string() }),
  store: z.object({ setAside: z.string().optional() }),
});
type ServerStatus = z.infer<typeof statusSchema>;

/** Server, sign-in, model, voice and store, in the order in which each needs the one before. */
export async function checkServer(client: Client, signal: AbortSignal): Promise<readonly Check[]> {
  try {
    const handle = await client.link.connect(signal);
    const how = handle.started ? " (none was running; started for this check)" : "";
    const server = works("server", `${handle.httpUrl}${how}`);
    return [server, ...(await checkSignIn(client, signal))];
  } catch (reason) {
    const unknown = "not known without a server";
    return [
      broken("server", PipitError.from(reason)),
      limited("sign-in", unknown),
      limited("model", unknown),
      limited("voice", unknown),
    ];
  }
}

async function checkSignIn(client: Client, signal: AbortSignal): Promise<readonly Check[]> {
  try {
    const { state } = await client.signIn(signal);
    if (state.kind !== "signed-in") {
      throw new PipitError("SIGNED_OUT", "Not signed in. Run `pipit chat` and use /login.");
    }
    const status = await readStatus(client, signal);
    const account = state.local ? `${state.accountName} (the local account)` : state.accountName;
    return [works("sign-in", account), checkModel(status), checkVoice(status), ...checkStore(status)];
  } catch (reason) {
    const unknown = "not known before sign-in";
    return [broken("sign-in", PipitError.from(reason)), limited("model", unknown), limited("voice", unknown)];
  }
}

async function readStatus(client: Client, signal: AbortSignal): Promise<ServerStatus> {
  const response = await client.api.request({ method: "GET", path: "/v1/status" }, signal);
  const parsed = statusSchema.safeParse(response.status === 200 ? JSON.parse(response.body) : undefined);
  if (!parsed.success) {
    throw new PipitError("INTERNAL", `The server answered ${response.status} instead of its status.`);
  }
  return parsed.data;
}

function checkModel({ model }: ServerStatus): Check {
  if (!model.works) return limited("model", model.detail);
  return model.kind === "built-in"
    ? limited("model", model.detail)
    : works("model", `${model.name}: ${model.detail}`);
}

function checkVoice({ voice }: ServerStatus): Check {
  const spoken = Object.entries(voice.providers).map(([language, provider]) => `${language} by ${provider}`);
  if (spoken.length === 0) return limited("voice", voice.detail);
  const complete = "en" in voice.providers && "ru" in voice.providers;
  return complete
    ? works("voice", spoken.join(", "))
    : limited("voice", `${spoken.join(", ")}. ${voice.detail}`);
}

function checkStore({ store }: ServerStatus): readonly Check[] {
  if (store.setAside === undefined) return [];
  return [limited("store", `a damaged database was set aside as ${store.setAside}; a new one is in use`)];
}
