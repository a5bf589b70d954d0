import { writeFile } from "node:fs/promises";
import { systemCodeOf } from "#contract/system-error.ts";
import type { FactorEnrolment } from "#contract/own-account.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createOwnAccountClient } from "#engine/account/own-account-client.ts";
import { typedPath } from "../chat/typed-path.ts";
import { messagesFor } from "../kit/messages.ts";
import { paint, printNote } from "../kit/terminal.ts";
import { printQr } from "./print-qr.ts";
import type { Prompts } from "./prompts.ts";
import { TRIES, type Asker } from "./sign-in-ways.ts";

/**
 * Offers a second factor to whoever has just made an account: shows its QR code, saves that on request, and confirms it by a
 * code of the app. The account is there whatever comes of it, so it never throws.
 */
export async function offerSecondFactor(password: string, asker: Asker, locale: string): Promise<void> {
  const { client, terminal, messages, prompts, signal } = asker;
  if (prompts === undefined) return;
  try {
    if (!/^\s*[yд]/iu.test(await prompts.ask(messages.factorWanted))) return;
    const account = createOwnAccountClient(client.api, () => undefined);
    const enrolment = await account.beginSecondFactor({ password }, signal);
    await printQr(terminal, enrolment.uri);
    printNote(terminal, messages.factorKey(enrolment.secret));
    const confirm = (code: string) => account.confirmSecondFactor(code, signal);
    const codes = await confirmed(enrolment, confirm, { ...asker, prompts });
    if (codes === undefined) return printNote(terminal, messages.factorLeft);
    printNote(terminal, messages.factorOn);
    for (const code of codes) printNote(terminal, `   ${code}`);
  } catch (reason) {
    const error = PipitError.from(reason);
    if (error.code !== "CANCELLED") printNote(terminal, paint("red", messagesFor(locale).error(error)));
    printNote(terminal, messages.factorLeft);
  }
}

/** Resolves to the recovery codes; to undefined when the person leaves it, or knows no code. */
async function confirmed(
  enrolment: FactorEnrolment,
  confirm: (code: string) => Promise<readonly string[]>,
  { terminal, messages, prompts }: Asker & { readonly prompts: Prompts },
): Promise<readonly string[] | undefined> {
  for (let wrong = 0; wrong < TRIES;) {
    const typed = (await prompts.ask(messages.factorCode)).trim();
    if (typed === "") return undefined;
    const path = /^save\s+(?<path>.+)$/u.exec(typed)?.groups?.["path"];
    if (path !== undefined) {
      await savePicture(enrolment, typedPath(path)).then(
        () => printNote(terminal, messages.factorSaved(path)),
        (error: unknown) => printNote(terminal, messages.factorUnsaved(path, systemCodeOf(error))),
      );
      continue;
    }
    try {
      return await confirm(typed);
    } catch (reason) {
      if (PipitError.from(reason).code !== "OTP_INVALID") throw reason;
      printNote(terminal, messages.codeWrong);
      wrong += 1;
    }
  }
  printNote(terminal, messages.triesOver);
  return undefined;
}

/** Whoever has the picture makes the codes: only its owner may read it, and no file is written over. Throws as the system does. */
async function savePicture({ uri }: FactorEnrolment, path: string): Promise<void> {
  const { default: qrcode } = await import("qrcode");
  await writeFile(path, await qrcode.toBuffer(uri, { scale: 8 }), { mode: 0o600, flag: "wx" });
}
