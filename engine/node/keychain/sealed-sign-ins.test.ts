import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeTempHome } from "../testing/temp-home.ts";
import { OTHERS_FOLDER } from "./account-files.ts";
import { sealedSignIns } from "./keychain-token-store.ts";

test("a folder among the sign-ins does not keep one from signing in", async () => {
  await using home = await makeTempHome();
  await mkdir(join(home.path, OTHERS_FOLDER, "old"), { recursive: true });
  await writeFile(join(home.path, OTHERS_FOLDER, "README.txt"), "foreign");
  const scope = { home: home.path, serverUrl: "https://pipit.example", ownServer: false };
  expect(await sealedSignIns(scope)).toEqual([]);
});
