import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";
import type { FoundModels, ModelCheck, ModelConnection } from "#contract/model-connection.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { SealPurpose } from "../master-key/purposes.ts";
import type { Sealer } from "../secrets/sealer.ts";
import type { Caller } from "../access/caller.ts";
import type { AuditOrigin } from "../audit/ports.ts";
import type { AuthStore } from "../auth-store.ts";
import type { ModelConfig } from "./model-source.ts";
import { checkModels } from "./models/model-check.ts";
import { originOf } from "./models/model-endpoint.ts";
import { defaultModelLimits } from "./models/model-limits.ts";
import type { OllamaWatch } from "./models/ollama.ts";

/** The address of a model server that its operator chose in the window. */
export interface ModelAddress {
  /** Base of an OpenAI-compatible API. */
  readonly url: string;
  readonly key?: string;
}

export interface SavedModel extends ModelAddress {
  readonly model: string;
}

/** Keeps one text, which only the server's master key opens. */
export interface ModelConnectionStore {
  read(): Promise<string | undefined>;
  /** @param sealed undefined: forget it */
  write(sealed: string | undefined): Promise<void>;
}

/** Who decides, for the audit. */
export interface Decision {
  readonly caller: Pick<Caller, "userId" | "clientId">;
  readonly origin: AuditOrigin;
}

export interface ModelConnectionOptions {
  /** Of the server's configuration. */
  readonly configured: Pick<ModelConfig, "url" | "model" | "key" | "ollamaUrl">;
  /** Name of the setting that gave the configured address. */
  readonly setBy: string | undefined;
  readonly auth: Pick<AuthStore, "modelConnection" | "transaction">;
  readonly sealer: Sealer;
  /** Of `configured.ollamaUrl`. */
  readonly ollama: OllamaWatch;
  readonly logger: Logger;
}

export type ModelConnections = ReturnType<typeof createModelConnection>;

/** The purpose of the key that seals the saved connection. */
export const MODEL_CONNECTION_SEAL = "model-connection-seal" satisfies SealPurpose;
/** Where the seal of the saved connection opens. */
export const MODEL_CONNECTION_SEALED_FOR = "model connection";

/**
 * Reads the connection that was saved. Undefined as well for what was sealed with a master key that is lost: it can only be
 * made anew.
 */
export function savedModelReader(
  store: Pick<ModelConnectionStore, "read">,
  sealer: Sealer,
  logger: Logger,
): () => Promise<SavedModel | undefined> {
  let unreadable: string | undefined;
  return async () => {
    const sealed = await store.read();
    if (sealed === undefined || sealed === unreadable) return undefined;
    try {
      return JSON.parse(sealer.open(sealed, MODEL_CONNECTION_SEALED_FOR).toString()) as SavedModel;
    } catch (error) {
      unreadable = sealed;
      logger.error("model.connection_unreadable", { error });
      return undefined;
    }
  };
}

/** The connection to a model server that is made in the window instead of the configuration. */
export function createModelConnection(options: ModelConnectionOptions) {
  const { configured, setBy, auth, sealer, ollama, logger } = options;
  const saved = savedModelReader(auth.modelConnection, sealer, logger);
  /** The address as it is asked; the key that is saved for the very same address counts while none is given. */
  const complete = async ({ url, key }: ModelAddress): Promise<ModelAddress> => {
    const base = readBase(url);
    const known = key ?? (await saved().then((before) => (before?.url === base ? before.key : undefined)));
    return { url: base, ...(known === undefined || known === "" ? {} : { key: known }) };
  };
  const found = async (signal: AbortSignal): Promise<FoundModels | undefined> => {
    const state = await ollama.state(signal);
    if (state.kind === "absent") return undefined;
    const models = state.kind === "ready" ? state.installed : [];
    return { url: `${configured.ollamaUrl.replace(/\/+$/u, "")}/v1`, models };
  };
  return {
    saved,
    async view(signal: AbortSignal): Promise<ModelConnection> {
      const { url, model, key } = configured;
      if (url !== undefined) {
        return { from: "configuration", url: originOf(url), model, hasKey: key !== undefined, setBy };
      }
      const [own, beside] = await Promise.all([saved(), found(signal)]);
      return own === undefined
        ? { from: "none", hasKey: false, ollama: beside }
        : { from: "saved", url: own.url, model: own.model, hasKey: own.key !== undefined, ollama: beside };
    },
    /** Asks the server at once. Throws INVALID_REQUEST (`field` url) for an address that is none or must not be asked. */
    async check(address: ModelAddress, signal: AbortSignal): Promise<ModelCheck> {
      const { url, key } = await complete(address);
      await refuseMetadata(url);
      return await checkModels(
        { kind: "saved", baseUrl: url, key, model: "" },
        defaultModelLimits.listTimeoutMs,
        signal,
      );
    },
    /**
     * Keeps the connection, which counts from the next question on.
     *
     * @throws PipitError NOT_ALLOWED while the configuration names a server; INVALID_REQUEST as `check`
     */
    async save({ model, ...address }: SavedModel, { caller, origin }: Decision): Promise<void> {
      if (configured.url !== undefined) throw isConfigured(setBy);
      const full = await complete(address);
      await refuseMetadata(full.url);
      const sealed = sealer.seal(JSON.stringify({ ...full, model }), MODEL_CONNECTION_SEALED_FOR);
      const data = { server: originOf(full.url), model, key: full.key !== undefined };
      await auth.transaction(async (tx) => {
        await tx.modelConnection.write(sealed);
        await tx.audit.append({ event: "model.connected", outcome: "success", ...caller, data }, origin);
      });
    },
    async forget({ caller, origin }: Decision): Promise<void> {
      await auth.transaction(async (tx) => {
        if ((await tx.modelConnection.read()) === undefined) return;
        await tx.modelConnection.write(undefined);
        await tx.audit.append({ event: "model.disconnected", outcome: "success", ...caller }, origin);
      });
    },
  };
}

function isConfigured(setBy = "PIPIT_MODEL_URL"): PipitError {
  return new PipitError(
    "NOT_ALLOWED",
    `This server's configuration names its model server (${setBy}). Change it there and restart the server.`,
  );
}

/** An address as people type it: without a scheme, with a slash too many, without the path that all such servers have. */
function readBase(typed: string): string {
  const text = typed.trim();
  const address = /^[a-z][a-z\d+.-]*:\/\//iu.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isPlain = url !== undefined && url.username === "" && url.password === "" && url.search === "";
  if (!isPlain || !["http:", "https:"].includes(url.protocol) || url.hash !== "") {
    throw refused("Write the address of a model server, such as http://127.0.0.1:11434/v1.");
  }
  const path = url.pathname.replace(/\/+$/u, "");
  return `${url.origin}${path === "" ? "/v1" : path}`;
}

/** Where clouds answer beside their link-local addresses: Alibaba's, Amazon's and Google's by IPv6. */
const METADATA_ADDRESSES = ["100.100.100.200", "fd00:ec2::254", "fd20:ce::254"];

/**
 * Clouds hand the machine's own credentials to every program that asks such an address, and no model server lives
 * there. Any other address is the operator's own choice.
 */
async function refuseMetadata(base: string): Promise<void> {
  const host = new URL(base).hostname.replace(/^\[|\]$/gu, "");
  const addresses = ipaddr.isValid(host)
    ? [{ address: host }]
    : await lookup(host, { all: true }).catch(() => []);
  if (addresses.some(({ address }) => isMetadata(address))) {
    throw refused("This address belongs to the machine's own network service, not to a model server.");
  }
}

function isMetadata(address: string): boolean {
  const parsed = ipaddr.process(address);
  return parsed.range() === "linkLocal" || METADATA_ADDRESSES.includes(parsed.toString());
}

function refused(message: string): PipitError {
  return new PipitError("INVALID_REQUEST", message, { field: "url" });
}
