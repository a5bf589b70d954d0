import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import { loginOf } from "../kit/open-cli-client.ts";
import type { DoctorMessages } from "./doctor-messages.ts";
import { broken, limited, works, type Check } from "./check.ts";
import { ToldError } from "../kit/told-error.ts";

/** The part of `GET /v1/status` that the doctor reads. */
const statusSchema = z.object({
  version: z.string(),
  model: z.object({ kind: z.string(), name: z.string(), works: z.boolean(), detail: z.string() }),
  voice: z.object({ providers: z.record(z.string(), z.string()), detail: z.string() }),
  store: z.object({ setAside: z.string().optional() }),
});
type ServerStatus = z.infer<typeof statusSchema>;

/** Server with both ports, sign-in, model, voice and store, in the order in which each needs the one before. */
export async function checkServer(
  client: Client,
  messages: DoctorMessages,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  try {
    const handle = await client.link.connect(signal);
    const how = handle.started ? messages.startedForCheck : "";
    const server = works("server", `${handle.httpUrl}${how}`);
    return [
      server,
      await checkGrpc(client, handle.grpcUrl, messages, signal),
      ...(await checkSignIn(client, messages, signal)),
    ];
  } catch (reason) {
    const unknown = messages.unknownWithoutServer;
    return [
      broken("server", messages.error(PipitError.from(reason))),
      limited("sign-in", unknown),
      limited("model", unknown),
      limited("voice", unknown),
    ];
  }
}

/** The other port: a proxy may let one through and not the other. */
async function checkGrpc(
  { link }: Client,
  grpcUrl: string,
  messages: DoctorMessages,
  signal: AbortSignal,
): Promise<Check> {
  try {
    await link.askRpcHealth(signal);
    return works("grpc", grpcUrl);
  } catch (reason) {
    return broken("grpc", messages.error(PipitError.from(reason)));
  }
}

async function checkSignIn(
  client: Client,
  messages: DoctorMessages,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  try {
    const { state } = await client.signIn(signal);
    if (state.kind !== "signed-in") {
      throw new ToldError("SIGNED_OUT", messages.notSignedIn);
    }
    const status = await readStatus(client, signal);
    const login = await loginOf(client, state.accountName, signal);
    return [
      works("sign-in", state.local ? messages.localAccount(login) : login),
      checkModel(status, messages),
      checkVoice(status, messages),
      ...checkStore(status, messages),
    ];
  } catch (reason) {
    const unknown = messages.unknownBeforeSignIn;
    const why = messages.error(PipitError.from(reason));
    return [broken("sign-in", why), limited("model", unknown), limited("voice", unknown)];
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

function checkModel({ model }: ServerStatus, messages: DoctorMessages): Check {
  if (!model.works) return limited("model", model.detail);
  return model.kind === "built-in"
    ? limited("model", messages.builtIn ?? model.detail)
    : works("model", `${model.name}: ${model.detail}`);
}

function checkVoice({ voice }: ServerStatus, messages: DoctorMessages): Check {
  const lack = messages.fewVoices ?? voice.detail;
  const spoken = Object.entries(voice.providers).map(([language, provider]) =>
    messages.spokenBy(language, provider),
  );
  if (spoken.length === 0) return limited("voice", lack);
  const complete = "en" in voice.providers && "ru" in voice.providers;
  return complete ? works("voice", spoken.join(", ")) : limited("voice", `${spoken.join(", ")}. ${lack}`);
}

function checkStore({ store }: ServerStatus, messages: DoctorMessages): readonly Check[] {
  if (store.setAside === undefined) return [];
  return [limited("store", messages.setAside(store.setAside))];
}
