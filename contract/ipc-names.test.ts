import { expect, test } from "vitest";
import { commandNames } from "./ipc-names.ts";
import { ipcCommands } from "./ipc-schema.ts";

test("the list of command names is the schema's, no more and no less", () => {
  expect([...commandNames].toSorted()).toEqual(Object.keys(ipcCommands).toSorted());
});
