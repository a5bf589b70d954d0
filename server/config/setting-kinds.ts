import { z } from "zod";
import { createNetworks } from "#server/net/client-address.ts";

export const text = z.string().min(1).max(4096);
export const httpUrl = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ""));

export const toggle = {
  schema: z
    .union([z.boolean(), z.enum(["1", "0", "true", "false"])])
    .transform((value) => value === true || value === "1" || value === "true"),
  wants: "1 or 0",
  initial: "0",
} as const;

/** Addresses and networks; `[]` for none. */
export const networks = {
  schema: z
    .string()
    .max(4096)
    .transform((value) => (value === "" ? [] : value.split(",").map((one) => one.trim())))
    .refine(areNetworks),
  wants: "addresses or networks separated by commas, e.g. 10.0.0.0/8,127.0.0.1",
  initial: "",
} as const;

function areNetworks(values: readonly string[]): boolean {
  try {
    createNetworks(values);
    return true;
  } catch {
    return false;
  }
}
