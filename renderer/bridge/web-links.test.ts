import { afterEach, describe, expect, test, vi } from "vitest";
import { copyText, openLink } from "./web-links.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a link of an answer", () => {
  test.each(["https://example.org/a", "mailto:ann@example.org"])("%s opens in a tab of its own", (url) => {
    const open = vi.fn();
    vi.stubGlobal("window", { open });
    openLink(url);
    expect(open).toHaveBeenCalledExactlyOnceWith(url, "_blank", "noopener,noreferrer");
  });

  test.each([
    "javascript:alert(1)",
    "http://example.org",
    "file:///etc/passwd",
    "https://me:pw@bank.example",
    "https://example.org/?leak=1",
    "x",
  ])("%s is refused", (url) => {
    const open = vi.fn();
    vi.stubGlobal("window", { open });
    expect(() => openLink(url)).toThrow(expect.objectContaining({ code: "NOT_ALLOWED" }));
    expect(open).not.toHaveBeenCalled();
  });
});

test("a clipboard that is closed to the page is a clear refusal", async () => {
  vi.stubGlobal("navigator", {});
  await expect(copyText("a")).rejects.toMatchObject({ code: "NOT_ALLOWED" });
});
