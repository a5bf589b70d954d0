import { expect, test } from "vitest";
import { html } from "./html.ts";
import { fill, formActionSource, pageHeaders, renderPage } from "./page-shell.ts";

test("a page has no script and no style of its own, and its policy forbids both", () => {
  const page = renderPage({ language: "ru", title: "<Вход>", content: html`<p>x</p>` });
  expect(page).toMatch(/^<!doctype html>\s+<html lang="ru">/);
  expect(page).toContain("<title>&lt;Вход&gt; · Pipit</title>");
  expect(page).not.toMatch(/<script|<style|\sstyle=|\son\w+=/);
  const policy = pageHeaders({})["content-security-policy"];
  expect(policy).toMatch(/^default-src 'none'; style-src 'self';/);
  expect(policy).toMatch(/form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/);
});

test.each([
  ["https://app.example/callback?x=1", "https://app.example"],
  ["http://127.0.0.1:54321/callback", "http://127.0.0.1:54321"],
  ["http://[::1]:54321/callback", "http:"],
  ["com.example.app:/callback", "com.example.app:"],
  ["not an address", ""],
])("a form may lead to %s by the source %s", (address, source) => {
  expect(formActionSource(address)).toBe(source);
});

test("a wait is named in whole seconds, at least one", () => {
  expect(pageHeaders({ retryAfterMs: 1 })["retry-after"]).toBe("1");
  expect(pageHeaders({ retryAfterMs: 61_001 })["retry-after"]).toBe("62");
});

test("a name with a placeholder in it is not filled again", () => {
  expect(fill("{name} in {seconds}", { name: "{seconds}", seconds: 3 })).toBe("{seconds} in 3");
});
