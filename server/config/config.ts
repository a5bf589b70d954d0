import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { homeOf } from "#contract/environment.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { nearestName } from "#contract/names/setting-names.ts";
import { webRootOf } from "#server/http/web/web-root.ts";
import { formatAddress, type ListenAddress } from "#server/net/listen-address.ts";
import type { TlsFiles } from "#server/net/server-tls.ts";
import { authSettings } from "./auth-settings.ts";
import {
  asideSettings,
  embeddingsSettings,
  modelSettings,
  semanticSettings,
  speechSettings,
  transcriptionSettings,
} from "./model-settings.ts";
import { serveSettings } from "./serve-settings.ts";
import type { Setting, Values } from "./setting.ts";
import { allSettings } from "./settings.ts";
import { tracesSettings } from "./traces-settings.ts";
import { flagOf } from "./usage.ts";
import {
  checkSetting,
  findSetting,
  readConfigFile,
  refuseUnknownSettings,
  type FoundEnvironment,
} from "./settings-source.ts";

/** All that the server program can be told from outside (*-settings.ts), checked. Made only by {@link readServerConfig}. */
export interface ServerConfig extends Omit<
  Values<typeof serveSettings>,
  "memoryDir" | "databasePassword" | "tlsCert" | "tlsKey"
> {
  readonly home: string;
  readonly dataDir: string;
  /** Undefined: no memory files. */
  readonly memoryDir: string | undefined;
  readonly webRoot: string;
  /** Undefined: the ports speak no TLS. */
  readonly tls: TlsFiles | undefined;
  readonly issuer: string;
  readonly auth: Values<typeof authSettings>;
  readonly model: Values<typeof modelSettings>;
  /** Where the address of the model server was found, e.g. "PIPIT_MODEL_URL". */
  readonly modelSetBy?: string | undefined;
  readonly aside: Values<typeof asideSettings>;
  readonly speech: Values<typeof speechSettings>;
  readonly embeddings: Values<typeof embeddingsSettings>;
  /** Undefined: searches go by words alone. */
  readonly semantic: SemanticConfig | undefined;
  readonly transcription: Values<typeof transcriptionSettings>;
  readonly traces: Values<typeof tracesSettings>;
}

/** The provider of vectors, and how alike a hit must be. */
interface SemanticConfig {
  readonly url: string;
  readonly key: string | undefined;
  readonly model: string;
  readonly least: number;
}

/** A flag that is further from what was typed is no guess at what was meant. */
const MAX_FLAG_SLIPS = 3;
const serverProgram = new URL("../main.ts", import.meta.url).href;

/** What {@link readServerConfig} reads from; a program passes its own argv and environment. */
export interface ConfigInput extends FoundEnvironment {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  /** `import.meta.url` of the program, beside which the built page lies; default: of the server's. */
  readonly entryUrl?: string;
}

/**
 * The arguments and environment of this program. Keys are taken out of the process's own environment, because the
 * programs that it starts (voices) inherit it, and they are none of their business.
 */
export function programInput(entryUrl: string = serverProgram): ConfigInput {
  const env = { ...process.env };
  for (const { secret, env: name } of allSettings) {
    if (secret === true && name !== undefined) delete process.env[name];
  }
  return { argv: process.argv.slice(2), env, entryUrl };
}

/**
 * Reads and checks the server's settings: flags win over environment, environment over `$PIPIT_HOME/config.toml`
 * (tables `serve`, `model`, `speech` and so on; others belong to other programs).
 *
 * @throws PipitError USAGE for a bad command line, CONFIG_INVALID for a bad setting elsewhere.
 */
export function readServerConfig(input: ConfigInput): ServerConfig {
  const { argv, env, entryUrl = serverProgram } = input;
  const flags = readFlags(argv);
  const home = resolve(homeOf(env, homedir()));
  const file = readConfigFile(join(home, "config.toml"));
  refuseUnknownSettings(allSettings, input, file);
  const valueOf = (setting: Setting): unknown => {
    const initial =
      "initial" in setting ? { name: "the default", value: setting.initial, secret: false } : undefined;
    const found = findSetting(setting, flags, env, file) ?? initial;
    return found === undefined ? undefined : checkSetting(setting, found);
  };
  const valuesOf = <Group extends Readonly<Record<string, Setting>>>(group: Group): Values<Group> => {
    const values = Object.entries(group).map(([name, setting]) => [name, valueOf(setting)] as const);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as Values<Group>;
  };
  const { databasePassword, tlsCert, tlsKey, ...found } = valuesOf(serveSettings);
  const serve = { ...found, ...databaseOf(found.databaseUrl, databasePassword) };
  const dataDir = resolve(serve.dataDir ?? join(home, "server"));
  const tls = tlsOf(tlsCert, tlsKey, serve.embedded);
  const embeddings = valuesOf(embeddingsSettings);
  return {
    ...serve,
    home,
    dataDir,
    memoryDir: memoryDirOf(serve, dataDir),
    webRoot: resolve(serve.webRoot ?? webRootOf(entryUrl)),
    tls,
    issuer: serve.issuer ?? serve.publicUrl ?? issuerOf(serve.http, tls),
    auth: valuesOf(authSettings),
    model: valuesOf(modelSettings),
    modelSetBy: findSetting(modelSettings.url, flags, env, file)?.name,
    aside: valuesOf(asideSettings),
    speech: valuesOf(speechSettings),
    embeddings,
    semantic: semanticOf(valuesOf(semanticSettings), embeddings),
    transcription: valuesOf(transcriptionSettings),
    traces: valuesOf(tracesSettings),
  };
}

function readFlags(argv: readonly string[]): Readonly<Record<string, unknown>> {
  const known = allSettings.filter(({ flag }) => flag !== undefined);
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: Object.fromEntries(
        known.map(({ flag, takes }) => [flag, { type: takes === undefined ? "boolean" : "string" }]),
      ),
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split(". ")[0] ?? "") : "";
    const typed = /'--([^'= ]+)/.exec(reason)?.[1] ?? "";
    const meant = nearestName(
      typed,
      known.map(({ flag = "" }) => flag),
      MAX_FLAG_SLIPS,
    );
    const guess = meant === undefined || meant === typed ? "" : ` Did you mean --${meant}?`;
    throw new PipitError("USAGE", `${reason}.${guess} Known are ${known.map(flagOf).join(", ")}.`, {
      cause: error,
    });
  }
}

/** The program that embeds a server knows it by its address on loopback, for which there are no certificates. */
function tlsOf(cert: string | undefined, key: string | undefined, embedded: boolean): TlsFiles | undefined {
  if (embedded || (cert === undefined && key === undefined)) return undefined;
  if (cert !== undefined && key !== undefined) return { cert: resolve(cert), key: resolve(key) };
  throw new PipitError("CONFIG_INVALID", "--tls-cert and --tls-key belong together. Set both, or neither.", {
    field: cert === undefined ? "--tls-cert" : "--tls-key",
  });
}

/** A password that was made at random would have to be escaped in the address, which nobody thinks of. */
function databaseOf(address: string | undefined, password: string | undefined): { databaseUrl?: string } {
  if (password === undefined) return {};
  const url = address === undefined ? undefined : new URL(address);
  if (url?.password !== "") {
    throw new PipitError(
      "CONFIG_INVALID",
      url === undefined
        ? "PIPIT_DATABASE_PASSWORD is set, and no database. Set PIPIT_DATABASE_URL, or remove the password."
        : "Both PIPIT_DATABASE_URL and PIPIT_DATABASE_PASSWORD have a password. Remove one of them.",
      { field: "PIPIT_DATABASE_PASSWORD" },
    );
  }
  url.password = encodeURIComponent(password);
  return { databaseUrl: url.href };
}

/** Servers of one PostgreSQL would each write all files, so there they are written only where it is said. */
function memoryDirOf(
  { memoryDir, databaseUrl }: Values<typeof serveSettings>,
  dataDir: string,
): string | undefined {
  if (memoryDir === undefined) return databaseUrl === undefined ? join(dataDir, "memory") : undefined;
  return memoryDir === "off" ? undefined : resolve(memoryDir);
}

function semanticOf(
  { isOn, least }: Values<typeof semanticSettings>,
  { url, model, key }: Values<typeof embeddingsSettings>,
): SemanticConfig | undefined {
  if (!isOn) return undefined;
  if (url !== undefined && model !== undefined) return { url, model, key, least };
  throw new PipitError(
    "CONFIG_INVALID",
    "PIPIT_SEMANTIC_SEARCH needs PIPIT_EMBEDDINGS_URL and PIPIT_EMBEDDINGS_MODEL. Set both, or leave it off.",
  );
}

/** Stable between starts even when the system chooses the port, so that a restart does not end everybody's tokens. */
function issuerOf(http: ListenAddress, tls: TlsFiles | undefined): string {
  return `${tls === undefined ? "http" : "https"}://${http.port === 0 ? serveSettings.http.initial : formatAddress(http)}`;
}
