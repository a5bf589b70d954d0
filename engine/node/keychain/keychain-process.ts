// Runs alone in a child process: a keychain that waits for a password dialog blocks its caller in native code, where no
// timer can reach it. A process can be ended.
import { AsyncEntry } from "@napi-rs/keyring";
import type { KeychainReply, KeychainRequest } from "./keychain.ts";
import { openParentChannel } from "../processes/parent-channel.ts";

async function answer(request: KeychainRequest): Promise<KeychainReply> {
  try {
    // Unpinned, the library silently falls back to the kernel's keyring, which a reboot empties.
    const entry = new AsyncEntry(request.service, request.account, { linux: { store: "secret-service" } });
    switch (request.operation) {
      case "read": {
        const secret = await entry.getSecret();
        return secret === null ? { ok: true } : { ok: true, secret: Uint8Array.from(secret) };
      }
      case "write":
        await entry.setSecret(request.secret);
        return { ok: true };
      case "remove":
        await entry.deleteCredential();
        return { ok: true };
    }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

const parent = openParentChannel();
// It ends with its channel, which the parent closes when it has the answer.
parent.onMessage((request) => void answer(request as KeychainRequest).then((reply) => parent.send(reply)));
