import type { FastifyReply, FastifyRequest } from "fastify";
import type { Site } from "./site.ts";

/** Makes a browser known at its next sign-in, so that strangers cannot lock it out; opens nothing by itself. */
const DEVICE_COOKIE = "pipit_device";
/** Browsers keep no cookie longer (RFC 6265bis §5.5). */
const MAX_AGE_SECONDS = 400 * 24 * 60 * 60;
const shape = /^[\w.-]{1,128}$/;

export interface DeviceCookie {
  read(request: FastifyRequest): string | undefined;
  /** Keeps a token; "" keeps none. */
  write(request: FastifyRequest, reply: FastifyReply, token: string): void;
}

export function createDeviceCookie(site: Pick<Site, "needsSecureCookie">): DeviceCookie {
  return {
    read({ headers }) {
      const found = (headers.cookie ?? "")
        .split(";")
        .map((pair) => pair.trim())
        .find((pair) => pair.startsWith(`${DEVICE_COOKIE}=`));
      const value = found?.slice(DEVICE_COOKIE.length + 1);
      return value !== undefined && shape.test(value) ? value : undefined;
    },

    write({ headers }, reply, token) {
      if (token === "") return;
      const secure = site.needsSecureCookie(headers) ? "; Secure" : "";
      const attributes = `Max-Age=${MAX_AGE_SECONDS}; Path=/; HttpOnly; SameSite=Lax${secure}`;
      reply.header("set-cookie", `${DEVICE_COOKIE}=${token}; ${attributes}`);
    },
  };
}
