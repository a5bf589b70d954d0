import type { FastifyReply, FastifyRequest } from "fastify";
import { languageOf, sendPage } from "#server/http/oauth/oidc/page-answers.ts";
import { html } from "#server/http/oauth/pages/html.ts";
import { textsFor } from "#server/http/oauth/pages/page-language.ts";

/** True for a person who opens an address in a browser; programs ask for anything or for JSON. */
export function opensPage({ method, headers }: FastifyRequest): boolean {
  return (method === "GET" || method === "HEAD") && (headers.accept ?? "").includes("text/html");
}

/** With a slash behind it, as people and other programs write an address now and then. Two in front, of either kind, would name a host. */
const WITH_SLASH = /^(?<path>\/(?![/\\])[^?]*)\/(?<query>\?.*)?$/u;

/** Tells a person that nothing is at this address, and where to go on. */
export function sendMissingAddress(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { path, query = "" } = WITH_SLASH.exec(request.url)?.groups ?? {};
  if (path !== undefined) return reply.redirect(path + query);
  const language = languageOf(request);
  const { missing } = textsFor(language);
  return sendPage(reply, {
    status: 404,
    language,
    title: missing.title,
    content: html`<h1>${missing.title}</h1>
      <p class="soft">${missing.lead}</p>
      <p><a href="/">${missing.home}</a></p>`,
  });
}
