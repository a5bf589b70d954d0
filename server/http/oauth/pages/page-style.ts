import { createHash } from "node:crypto";

/**
 * The look of the pages: that of /login (renderer/auth/sign-in-page.tsx), in the colours and sizes of the window
 * (renderer/theme/tokens.css). A text in the code, so that no file must be found beside the program.
 */
const css = `:root {
  color-scheme: light dark;
  --ground: #ffffff;
  --ink: #1c1c1e;
  --soft: #5c5c61;
  --line: #8a8a90;
  --line-soft: #00000024;
  --accent: #0a6b66;
  --accent-hover: #085853;
  --accent-ink: #ffffff;
  --danger: #b3261e;
  --danger-wash: #b3261e12;
  --hover: #00000009;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #1c1c1e;
    --ink: #f2f2f3;
    --soft: #b4b4ba;
    --line: #7d7d85;
    --line-soft: #ffffff29;
    --accent: #5ccbc2;
    --accent-hover: #7fdad2;
    --accent-ink: #06302d;
    --danger: #ff9d94;
    --danger-wash: #ff9d941a;
    --hover: #ffffff0f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  min-height: 100vh;
  min-height: 100dvh;
  display: grid;
  place-items: center;
  padding: 16px;
  background: var(--ground);
  color: var(--ink);
  font: 400 14px/22px system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
  -webkit-font-smoothing: antialiased;
}
main { width: 100%; max-width: 392px; padding: 16px 0; }
.mark { display: block; width: 48px; height: 48px; margin: 0 auto 12px; color: var(--accent); }
h1 { margin: 0 0 4px; font-size: 20px; line-height: 28px; font-weight: 600; text-align: center; overflow-wrap: anywhere; }
h1 + p { text-align: center; }
p { margin: 0 0 12px; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
a { color: var(--accent); font-weight: 500; }
ul { margin: 0 0 12px; padding: 0 0 0 20px; }
form { margin: 16px 0 0; }
form + form { margin-top: 8px; }
label { display: block; margin: 0 0 4px; color: var(--soft); font-size: 12px; line-height: 16px; font-weight: 500; }
.field { margin: 0 0 16px; }
.hint { margin: 4px 0 0; color: var(--soft); font-size: 12px; line-height: 16px; }
input:not([type="hidden"]) {
  width: 100%;
  height: 40px;
  padding: 0 12px;
  border: 1px solid var(--line);
  border-radius: 8px;
  background: var(--ground);
  color: var(--ink);
  font: inherit;
  font-size: 16px;
}
.code, input.code-input {
  font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace;
  letter-spacing: 0.12em;
}
.code { margin: 12px 0; font-size: 24px; line-height: 32px; text-align: center; }
button {
  width: 100%;
  height: 40px;
  border: 0;
  border-radius: 8px;
  background: var(--accent);
  color: var(--accent-ink);
  font: inherit;
  font-weight: 500;
  cursor: pointer;
}
button:hover { background: var(--accent-hover); }
button.quiet { margin-top: 8px; background: transparent; color: var(--ink); box-shadow: inset 0 0 0 1px var(--line-soft); }
button.quiet:hover { background: var(--hover); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.problem {
  margin: 16px 0 0;
  padding: 8px 12px;
  border-radius: 8px;
  background: var(--danger-wash);
  color: var(--danger);
}
details { margin-top: 16px; color: var(--soft); font-size: 12px; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 12px; margin: 8px 0 0; }
dt, dd { margin: 0; overflow-wrap: anywhere; }
@media (forced-colors: active) {
  button { border: 1px solid; }
}
`;

const hash = createHash("sha256").update(css).digest("base64url").slice(0, 16);

/** The style of all pages; its path holds a hash of the content, so that it can be kept for ever. */
export const pageStyle = { css, path: `/oauth/assets/pages-${hash}.css` } as const;
