import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";
import type { Clock } from "#contract/clock.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { originOf } from "./models/model-endpoint.ts";
import { defaultModelLimits } from "./models/model-limits.ts";
import { listModels } from "./models/model-list.ts";

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

/** What may be told of the connection; never its key. */
export interface ModelConnectionView {
  /** configuration: flags, environment or configuration file name a server, and win over what is saved. */
  readonly from: "configuration" | "saved" | "none";
  readonly url?: string;
  readonly model?: string;
  readonly hasKey: boolean;
}

export interface ModelConnectionOptions {
  /** Of the server's configuration. */
  readonly configured: { readonly url?: string; readonly model?: string; readonly key?: string };
  readonly store: ModelConnectionStore;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

export type ModelConnection = ReturnType<typeof createModelConnection>;

/** Where the seal of the saved connection opens. */
const SEALED_FOR = "model connection";

/** The connection to a model server that is made in the window instead of the configuration. */
export function createModelConnection({ configured, store, sealer, clock }: ModelConnectionOptions) {
  const saved = async (): Promise<SavedModel | undefined> => {
    const sealed = await store.read();
    return sealed === undefined
      ? undefined
      : (JSON.parse(sealer.open(sealed, SEALED_FOR).toString()) as SavedModel);
  };
  /** The address as it is asked; the key that is saved for the very same address counts while none is given. */
  const complete = async ({ url, key }: ModelAddress): Promise<ModelAddress> => {
    const base = readBase(url);
    const known = key ?? (await saved().then((before) => (before?.url === base ? before.key : undefined)));
    return { url: base, ...(known === undefined || known === "" ? {} : { key: known }) };
  };
  return {
    saved,
    async view(): Promise<ModelConnectionView> {
      const { url, model, key } = configured;
      if (url !== undefined) return viewOf("configuration", { url: originOf(url), model, key });
      const own = await saved();
      return own === undefined ? { from: "none", hasKey: false } : viewOf("saved", own);
    },
    /**
     * Asks the server at once for its chat models. Throws INVALID_REQUEST (`field` url) for an address that is none or
     * must not be asked, MODEL_UNREACHABLE, MODEL_KEY_REFUSED, MODEL_MISSING (no chat model) and what else an answer may.
     */
    async check(address: ModelAddress, signal: AbortSignal): Promise<readonly string[]> {
      const { url, key } = await complete(address);
      await refuseMetadata(url);
      const endpoint = { kind: "configured" as const, baseUrl: url, key, model: "" };
      const names = await listModels(endpoint, defaultModelLimits.listTimeoutMs, () => clock.nowMs(), signal);
      if (names.length > 0) return names;
      throw new PipitError(
        "MODEL_MISSING",
        `The server at ${originOf(url)} answers, but lists no chat model. Is it OpenAI-compatible? Such addresses often end in /v1.`,
      );
    },
    /** Keeps the connection, which counts from the next question on. */
    async save({ model, ...address }: SavedModel): Promise<void> {
      const full = await complete(address);
      await refuseMetadata(full.url);
      await store.write(sealer.seal(JSON.stringify({ ...full, model }), SEALED_FOR));
    },
    forget: () => store.write(undefined),
  };
}

function viewOf(
  from: "configuration" | "saved",
  {
    url,
    model,
    key,
  }: { readonly url: string; readonly model?: string | undefined; readonly key?: string | undefined },
): ModelConnectionView {
  return { from, url, ...(model === undefined ? {} : { model }), hasKey: key !== undefined };
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

/**
 * Clouds hand the machine's own credentials to every program that asks a link-local address, and no model server lives
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
  return parsed.range() === "linkLocal" || parsed.toString() === "fd00:ec2::254";
}

function refused(message: string): PipitError {
  return new PipitError("INVALID_REQUEST", message, { field: "url" });
}
