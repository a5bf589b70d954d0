import { expect, test } from "vitest";
import { openExternalLink, openScreenSettings, openServerPage } from "./external-links.ts";

test.each(["https://example.org/a#b-c", "mailto:a@example.org", "HTTPS://example.org"])(
  "%s may be opened",
  async (link) => {
    const opened: string[] = [];
    await openExternalLink(link, { openExternal: async (url) => void opened.push(url) });
    expect(opened).toEqual([new URL(link).href]);
  },
);

test("S8 one that carries data is opened only when the user was asked", async () => {
  const opened: string[] = [];
  const shell = { openExternal: async (url: string) => void opened.push(url) };
  for (const link of ["https://example.org/?leak=1", "https://example.org/#a=1", "mailto:a@b.org?body=x"]) {
    await expect(openExternalLink(link, shell)).rejects.toMatchObject({ code: "NOT_ALLOWED" });
    await openExternalLink(link, shell, true);
    expect(opened.splice(0)).toEqual([link]);
  }
});

test.each([
  "http://example.org/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  " javascript:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html,x",
  "smb://host/share",
  "ms-msdt:/id",
  "pipit://new?text=x",
  "vscode://file/x",
  "app://pipit/desktop.html",
  "https://bank.example@evil.example/",
  "//example.org",
  "not a link",
  "",
])("%j is refused and never reaches the system", async (link) => {
  const opened: string[] = [];
  await expect(
    openExternalLink(link, { openExternal: async (url) => void opened.push(url) }),
  ).rejects.toMatchObject({ code: "NOT_ALLOWED" });
  expect(opened).toEqual([]);
});

test("a server's page is opened over TLS or on this machine, whatever its query; nothing else is", async () => {
  const opened: string[] = [];
  const shell = { openExternal: async (url: string) => void opened.push(url) };
  const pages = [
    "https://pipit.example/oauth/authorize?state=x",
    "http://127.0.0.1:8787/oauth/authorize?state=x",
  ];
  for (const page of pages) await openServerPage(new URL(page), shell);
  for (const page of [
    "http://pipit.example/",
    "http://127.0.0.1.example/",
    "file:///etc/passwd",
    "javascript:x",
  ])
    await expect(openServerPage(new URL(page), shell)).rejects.toMatchObject({ code: "NOT_ALLOWED" });
  expect(opened).toEqual(pages);
});

test("only macOS has a pane for screen recording, and its address is ours alone", async () => {
  const opened: string[] = [];
  const shell = { openExternal: async (address: string) => void opened.push(address) };
  await openScreenSettings("linux", shell);
  await openScreenSettings("win32", shell);
  await openScreenSettings("darwin", shell);
  expect(opened).toEqual(["x-apple.systempreferences:com.apple.preference.security?Privacy_ScreenCapture"]);
  await expect(openExternalLink(opened[0] ?? "", shell, true)).rejects.toMatchObject({ code: "NOT_ALLOWED" });
});
