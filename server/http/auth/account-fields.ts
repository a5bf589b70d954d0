import { z } from "zod";

/** The rules of accounts judge what is in them; here it only matters that they are texts. */
const text = z.string({ message: "must be a text" });

export const neededText = z.string({ message: "must be given, as a text" });
export const optionalText = text.nullish();
/** A code of the authenticator app, or a recovery code; null and absent are the same. */
export const otp = text.max(100, "must be at most 100 characters long").nullish();
