import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, type Page } from "@playwright/test";
import { sharedServerTest as test } from "../fixtures/web-test.ts";

/** What a browser that is signed in lets the pages of others do to us: nothing, whichever name they have. */

const RPC = "/streaming.StreamingService/InterruptSession";

let others: Server;
let port: number;
test.beforeEach(async () => {
  others = createServer((_request, response) => {
    response
      .setHeader("content-type", "text/html")
      .end("<title>Others</title><p>A page of somebody else</p>");
  });
  others.listen(0, "127.0.0.1");
  await once(others, "listening");
  ({ port } = others.address() as AddressInfo);
});
test.afterEach(async () => {
  others.closeAllConnections();
  others.close();
  await once(others, "close");
});

/** Statuses of a look, an account question and a call, as our own page makes them. */
function ownStatuses(page: Page): Promise<readonly number[]> {
  return page.evaluate(async (rpc) => {
    const call = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"hardwareId":"6FA1B0C2-1111-5222-8333-944455556666"}',
    };
    const answers = await Promise.all([fetch("/v1/chats"), fetch("/auth/me"), fetch(rpc, call)]);
    return answers.map(({ status }) => status);
  }, RPC);
}

for (const name of ["127.0.0.1", "localhost"]) {
  test(`a page at ${name} can neither look, nor act, nor sign anybody out, nor frame ours`, async ({
    browser,
    server,
  }) => {
    const context = await browser.newContext();
    try {
      const own = await context.newPage();
      const { code, digits } = await server.signInAddress();
      await own.goto(server.url);
      const signedIn = await own.evaluate(
        async (typed) => {
          const body = new URLSearchParams(typed);
          return (await fetch("/auth/sign-in", { method: "POST", body })).status;
        },
        { code, digits },
      );
      expect(signedIn).toBe(200);
      expect(await ownStatuses(own)).toEqual([200, 200, 200]);

      const foreign = await context.newPage();
      await foreign.goto(`http://${name}:${port}/`);
      const outcomes = await foreign.evaluate(
        async ({ url, rpc }) => {
          const attempt = async (path: string, init: RequestInit): Promise<string> => {
            try {
              const answer = await fetch(url + path, { credentials: "include", ...init });
              return answer.type === "opaque" ? "opaque" : `read ${answer.status}`;
            } catch {
              return "refused";
            }
          };
          const blind: RequestInit = { mode: "no-cors" };
          return Promise.all([
            attempt("/v1/chats", {}),
            attempt("/v1/chats", blind),
            attempt("/auth/logout", { ...blind, method: "POST" }),
            attempt(rpc, { ...blind, method: "POST", body: "{}" }),
            attempt("/", blind),
          ]);
        },
        { url: server.url, rpc: RPC },
      );
      expect(outcomes).toEqual(["refused", "refused", "refused", "refused", "refused"]);

      await foreign.evaluate((action) => {
        const form = document.createElement("form");
        Object.assign(form, { method: "post", action });
        document.body.append(form);
        form.submit();
      }, `${server.url}/auth/logout`);
      await expect(foreign.getByText("NOT_ALLOWED")).toBeVisible();

      await foreign.goto(`http://${name}:${port}/`);
      await foreign.evaluate((url) => {
        const frame = document.createElement("iframe");
        frame.src = url;
        document.body.append(frame);
      }, server.url);
      // What the browser shows in the place of a page that may not be framed.
      await expect.poll(() => foreign.frames().map((frame) => frame.url())[1]).toMatch(/^chrome-error:/);

      expect(await ownStatuses(own)).toEqual([200, 200, 200]);
    } finally {
      await context.close();
    }
  });
}
