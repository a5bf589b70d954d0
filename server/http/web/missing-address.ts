import type { FastifyReply, FastifyRequest } from "fastify";
import { languageOf, sendPage } from "#server/http/oauth/oidc/page-answers.ts";
import { html } from "#server/http/oauth/pages/html.ts";
import { textsFor } from "#server/http/oauth/pages/page-language.ts";

/** True for a person who opens an address in a browser; programs ask for anything or for JSON. */
export function opensPage({ method, headers }: FastifyRequest): boolean {
  return (method === "GET" || method === "HEAD") && (headers.accept ?? "").includes("text/html");
}

/** Tells a person that nothing is at this address, and where to go on. */
export function sendMissingAddress(request: FastifyRequest, reply: FastifyReply): FastifyReply {
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
