import { Option } from "commander";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { createKeyRotation, ROTATE_EVERY_MS, type RotationStep } from "#server/domain/tokens/key-rotation.ts";
import {
  TOKEN_ALGORITHMS,
  type KeyPromotion,
  type SigningKeyStore,
  type StoredSigningKey,
  type TokenAlgorithm,
} from "#server/domain/tokens/ports.ts";
import { createKeySealer } from "#server/domain/tokens/signing-keys.ts";
import type { AdminContext } from "../compose/admin-context.ts";
import type { AdminGroup } from "./admin-deps.ts";
import { createCommandGroup } from "./command-group.ts";
import { tableText, timeText } from "./print.ts";

/** `pipit admin keys ...` and `pipit keys ...` */
export const keys: AdminGroup = async (args, deps) => {
  const { add, run } = createCommandGroup("keys", "the keys that sign tokens", deps);
  add("list", "all keys that are published, oldest first", async ({ auth }) => {
    const header = ["ALGORITHM", "STATE", "MADE", "SIGNS SINCE", "RETIRED", "KEY"];
    return tableText(header, (await auth.signingKeys.list()).map(rowOf));
  });
  add(
    "rotate",
    "take the next step: publish a new key, or let it sign when it was published long enough",
    async (context, flags: RotateFlags) => (await rotate(context, flags)).map(lineOf).join(""),
  )
    .addOption(new Option("--algorithm <name>", "only the key of this algorithm").choices(TOKEN_ALGORITHMS))
    .option("--now", "let the new key sign at once, without publishing it first");
  return run(args);
};

interface RotateFlags {
  readonly algorithm?: TokenAlgorithm;
  /** Programs that keep our JWKS (for an hour) may refuse new tokens until they look again; ours do not. */
  readonly now?: boolean;
}

/** Servers that run find the steps within five seconds, and take the later ones by themselves. */
async function rotate(
  { auth, masterKey, clock, origin }: AdminContext,
  { algorithm, now }: RotateFlags,
): Promise<readonly RotationStep[]> {
  const algorithms = algorithm === undefined ? TOKEN_ALGORITHMS : [algorithm];
  const store = auditedKeys({ auth, origin, algorithms });
  const sealer = createKeySealer(masterKey);
  const rotation = createKeyRotation({ store, sealer, clock, rotateEveryMs: ROTATE_EVERY_MS });
  const all = await rotation.advance({ force: true, origin });
  const steps = all.filter((step) => algorithms.includes(step.algorithm));
  if (now !== true) return steps;
  const hurried: RotationStep[] = [];
  for (const step of steps) hurried.push(await promoteNow(step, store, clock.nowMs()));
  return hurried;
}

async function promoteNow(step: RotationStep, store: SigningKeyStore, nowMs: number): Promise<RotationStep> {
  const own = (await store.list()).filter((key) => key.algorithm === step.algorithm);
  const from = own.find((key) => key.state === "signing");
  const to = own.find((key) => key.state === "next");
  if (from === undefined || to === undefined) return step;
  const promotion: KeyPromotion = { from: from.kid, to: to.kid, nowMs, publishedBeforeMs: nowMs };
  const promoted = await store.promote(promotion);
  return {
    ...step,
    did: promoted ? "promoted" : "elsewhere",
    kid: to.kid,
    nextStepAtMs: nowMs + ROTATE_EVERY_MS,
  };
}

interface AuditedKeysOptions {
  readonly auth: AuthStore;
  readonly origin: AuditOrigin;
  /** Keys of other algorithms stay as they are: for them the store answers as if another process had been first. */
  readonly algorithms: readonly TokenAlgorithm[];
}

/** Writes every step into the audit, in the transaction of the step. */
function auditedKeys({ auth, origin, algorithms }: AuditedKeysOptions): SigningKeyStore {
  const insert = (did: "made" | "prepared", method: "insertFirst" | "insertNext", key: StoredSigningKey) => {
    const { algorithm, kid } = key;
    if (!algorithms.includes(algorithm)) return Promise.resolve(false);
    return auth.transaction(async (tx) => {
      if (!(await tx.signingKeys[method](key))) return false;
      await tx.audit.append(
        { event: "key.rotated", outcome: "success", data: { did, algorithm, kid } },
        origin,
      );
      return true;
    });
  };
  return {
    list: () => auth.signingKeys.list(),
    insertFirst: (key) => insert("made", "insertFirst", key),
    insertNext: (key) => insert("prepared", "insertNext", key),
    promote: (promotion) =>
      auth.transaction(async (tx) => {
        const key = (await tx.signingKeys.list()).find(({ kid }) => kid === promotion.to);
        if (key === undefined || !algorithms.includes(key.algorithm)) return false;
        if (!(await tx.signingKeys.promote(promotion))) return false;
        const data = { did: "promoted", algorithm: key.algorithm, kid: key.kid, retired: promotion.from };
        await tx.audit.append({ event: "key.rotated", outcome: "success", data }, origin);
        return true;
      }),
    clampFuture: (nowMs) =>
      auth.transaction(async (tx) => {
        const redated = await tx.signingKeys.clampFuture(nowMs);
        const data = { did: "redated", redated };
        if (redated > 0) await tx.audit.append({ event: "key.rotated", outcome: "success", data }, origin);
        return redated;
      }),
    removeRetired: (retiredBeforeMs) =>
      auth.transaction(async (tx) => {
        const removed = await tx.signingKeys.removeRetired(retiredBeforeMs);
        const data = { did: "removed", removed };
        if (removed > 0) await tx.audit.append({ event: "key.rotated", outcome: "success", data }, origin);
        return removed;
      }),
  };
}

/** What was done, and what comes next. */
export function lineOf({ algorithm, did, kid, nextStepAtMs }: RotationStep): string {
  const at = timeText(nextStepAtMs);
  const texts: Readonly<Record<RotationStep["did"], string>> = {
    made: `made the first key ${kid}, which signs now; the next one is due at ${at}`,
    prepared: `published ${kid}; it signs from ${at} on, when a server or "pipit keys rotate" takes that step`,
    promoted: `${kid} signs now, the old key stays published for what it signed; the next one is due at ${at}`,
    elsewhere: `another process took this step in the same moment; the next one is possible at ${at}`,
    waiting: `${kid} is published already; it can sign from ${at} on (--now does not wait)`,
  };
  return `${algorithm}: ${texts[did]}\n`;
}

function rowOf(key: StoredSigningKey): readonly string[] {
  const { algorithm, state, createdAtMs, signingSinceMs, retiredAtMs, kid } = key;
  return [algorithm, state, timeText(createdAtMs), timeText(signingSinceMs), timeText(retiredAtMs), kid];
}
