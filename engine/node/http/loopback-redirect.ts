import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Language } from "#contract/language.ts";
import type { ListenForRedirect, RedirectOutcome } from "#engine/session/session-api.ts";

const PATH = "/callback";

/** Says in the person's language what became of the sign-in, for what the browser brings to 127.0.0.1 (RFC 8252 §7.3). */
export function createRedirectListener(language: Language): ListenForRedirect {
  return async (take) => {
    const answering = new Set<Promise<unknown>>();
    const server = createServer((request, response) => {
      answering.add(new Promise((resolve) => response.once("close", resolve)));
      // Any page can make a browser ask for "//", which is no address.
      const address = URL.parse(request.url ?? "/", "http://127.0.0.1");
      // A browser asks for an icon as well.
      if (request.method !== "GET" || address?.pathname !== PATH) send(response, 404, language, "unknown");
      else {
        const outcome = take(address);
        send(response, outcome === "done" ? 200 : 400, language, outcome);
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      // Port 0: whatever is free, so that no other program can be in the way.
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    return {
      redirectUri: `http://127.0.0.1:${port}${PATH}`,
      async [Symbol.asyncDispose]() {
        const closed = new Promise((resolve) => server.close(resolve));
        // The page must arrive; connections that a browser keeps in reserve need not.
        await Promise.all(answering);
        server.closeAllConnections();
        await closed;
      },
    };
  };
}

const texts: Readonly<Record<Language, Readonly<Record<RedirectOutcome, string>>>> = {
  en: {
    done: "Thank you. You can close this page and go back to Pipit.",
    refused: "The sign-in was not completed. You can close this page; begin again in Pipit.",
    unknown: "This is not the sign-in that Pipit waits for. You can close this page; begin again in Pipit.",
  },
  ru: {
    done: "Спасибо. Эту страницу можно закрыть и вернуться в Pipit.",
    refused: "Войти не удалось. Эту страницу можно закрыть; начните снова в Pipit.",
    unknown: "Pipit ждёт не этого входа. Эту страницу можно закрыть; начните снова в Pipit.",
  },
};

/** Nothing of the address is repeated, loaded or passed on. */
function send(response: ServerResponse, status: number, language: Language, outcome: RedirectOutcome): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  response.end(
    `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="color-scheme" content="light dark">` +
      `<title>Pipit</title><h1>Pipit</h1><p>${texts[language][outcome]}</p></html>\n`,
  );
}
