import express from "express";
import { describe } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import { serveHttp } from "#tests/doubles/serve-http.ts";
import { countedAuth, startFastifyService, who } from "#tests/testing/auth/fastify-service.ts";
import { tellServicesStory, type Service, type ServiceOptions } from "#tests/testing/auth/services-story.ts";
import { expressAuth } from "../../server-kit/express.ts";

async function startExpress(options: ServiceOptions): Promise<Service> {
  const { auth, counts } = countedAuth(options);
  const app = express();
  app.get("/counts", async (_request, response) => void response.json(await counts()));
  app.get("/notes", expressAuth(auth, ["api:read"]), (request, response) => {
    response.json(who(auth, request));
  });
  app.post("/notes", expressAuth(auth, ["api:write"]), (request, response) => {
    response.json(who(auth, request));
  });
  return serveHttp(app);
}

describe.each(databasesBySize)("[181] a service with our kit, beside a server on $name,", ({ name }) => {
  describe("on Fastify", () => tellServicesStory(name, startFastifyService));
  describe("on Express", () => tellServicesStory(name, startExpress));
});
