import { EventEmitter } from "node:events";
import type { App } from "electron";
import { expect, test } from "vitest";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { endOnFault, noteLostProcesses } from "./fault.ts";

test.each(["uncaughtException", "unhandledRejection"])(
  "%s in main: logged with its stack, told in the person's language, and the app ends, once",
  (event) => {
    const program = new EventEmitter();
    const steps: string[] = [];
    const logger = createFakeLogger();
    endOnFault(program as unknown as NodeJS.Process, {
      app: { exit: (code) => void steps.push(`exit ${code}`), getLocale: () => "ru" },
      dialog: {
        showErrorBox: (title, text) => {
          steps.push(`${title}: ${text}`);
          program.emit(event, new Error("while the dialog stands"));
        },
      },
      logger,
      logPath: "/home/ada/.pipit/client.log",
    });
    program.emit(event, new Error("broken"));
    expect(steps).toEqual([expect.stringMatching(/^Pipit: .*ошибка.*client\.log\.$/u), "exit 1"]);
    expect(logger.lines).toMatchObject([
      {
        level: "error",
        event: "main.fault",
        fields: { reason: "broken", stack: expect.stringContaining("fault.test") },
      },
    ]);
  },
);

test("a drawing process that crashes is written down; one that was ended is not", () => {
  const app = new EventEmitter();
  const logger = createFakeLogger();
  noteLostProcesses(app as unknown as App, logger);
  app.emit("child-process-gone", {}, { type: "Utility", reason: "clean-exit", exitCode: 0 });
  app.emit("child-process-gone", {}, { type: "Utility", reason: "killed", exitCode: 9 });
  app.emit("child-process-gone", {}, { type: "GPU", reason: "crashed", exitCode: 139 });
  expect(logger.lines).toMatchObject([
    { level: "warn", event: "process.gone", fields: { type: "GPU", reason: "crashed", exitCode: 139 } },
  ]);
});
