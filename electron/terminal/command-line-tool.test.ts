import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { terminalArgsOf } from "../shell/config.ts";
import { textsFor } from "../shell/texts.ts";
import { openToolDialogs } from "./tool-dialogs.ts";
import { installTool, isToolInstalled, toolScript } from "./command-line-tool.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-tool-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("the script starts the app with what was typed, wherever the app is", async () => {
  const app = join(folder, "It's $HOME.AppImage");
  await writeFile(app, `#!/bin/sh\nprintf '%s\\n' "$@"\n`);
  await chmod(app, 0o755);
  const bin = join(folder, "new", "bin");
  const script = toolScript(app, "linux");
  expect(await isToolInstalled([folder, bin], script)).toBe(false);
  const path = join(bin, "pipit");
  const umask = process.umask(0);
  const installed = await installTool(bin, script).finally(() => process.umask(umask));
  expect(installed).toEqual({ kind: "installed", path });
  for (const made of [bin, path]) expect((await stat(made)).mode & 0o777).toBe(0o755);
  const { stdout } = await promisify(execFile)(path, ["chat", "--once", "a  b", "$HOME"]);
  const given = stdout.trimEnd().split("\n");
  expect(given).toEqual([
    "--ozone-platform=headless",
    "--log-level=3",
    "--cli",
    "chat",
    "--once",
    "a  b",
    "$HOME",
  ]);
  expect(terminalArgsOf([app, ...given], false)).toEqual(["chat", "--once", "a  b", "$HOME"]);
  expect(toolScript("/Applications/Pipit.app/Contents/MacOS/Pipit", "darwin")).not.toContain("ozone");

  // An app that has moved writes its own anew.
  expect(await isToolInstalled([bin], script)).toBe(true);
  expect(await installTool(bin, toolScript("/elsewhere", "linux"))).toMatchObject({ kind: "installed" });
  expect(await readFile(path, "utf8")).toContain("'/elsewhere'");
  expect(await readdir(bin)).toEqual(["pipit"]);
});

test("a file or link of another's stays, and a folder that cannot be written is told", async () => {
  const path = join(folder, "pipit");
  const script = toolScript("/app", "linux");
  await writeFile(path, "#!/bin/sh\necho mine\n");
  expect(await installTool(folder, script)).toEqual({ kind: "foreign", path });
  expect(await readFile(path, "utf8")).toBe("#!/bin/sh\necho mine\n");
  await rm(path);
  await writeFile(join(folder, "target"), script);
  await symlink(join(folder, "target"), path);
  expect(await installTool(folder, toolScript("/other", "linux"))).toEqual({ kind: "foreign", path });
  expect(await installTool(join(folder, "target", "bin"), script)).toMatchObject({ kind: "refused" });
});

test("only switches may stand before --cli, so that no link becomes a command", () => {
  expect(terminalArgsOf(["/app", "--log-level=3", "--cli"], false)).toEqual([]);
  expect(terminalArgsOf(["/electron", "/main.js", "--cli", "web"], true)).toEqual(["web"]);
  expect(terminalArgsOf(["/app", "pipit:compose", "--cli", "serve"], false)).toBeUndefined();
  expect(terminalArgsOf(["/app", "--toggle"], false)).toBeUndefined();
});

test("a packaged app offers the tool, asks where to, says where it is, and offers it no more", async () => {
  const said: { readonly message: string; readonly detail?: string }[] = [];
  let answer = 2;
  const host = {
    app: { isPackaged: true, getPath: () => "/opt/Pipit/pipit" },
    dialog: {
      showMessageBox: async (box: unknown) => {
        said.push(box as (typeof said)[number]);
        return { response: answer, checkboxChecked: false };
      },
    },
    texts: () => textsFor("en", "en"),
    platform: "linux",
    appImage: undefined,
    folders: [join(folder, "own"), join(folder, "all")],
  } as const;
  expect(await openToolDialogs({ ...host, app: { ...host.app, isPackaged: false } })).toBeUndefined();
  expect(await openToolDialogs({ ...host, platform: "win32" })).toBeUndefined();
  const tool = await openToolDialogs(host);
  expect(tool?.offered.getState()).toBe(true);
  await tool?.choose();
  expect([said.length, await readdir(folder)]).toEqual([1, []]);
  answer = 0;
  await tool?.choose();
  expect(said.at(-1)).toMatchObject({
    message: "The command line tool is installed.",
    detail: expect.stringContaining(join(folder, "own", "pipit")),
  });
  expect(tool?.offered.getState()).toBe(false);
});
