import type { ScreenImage } from "#contract/screen-image.ts";

/** So many are kept: what a window scrolls past, and comes back to. */
const KEPT = 32;

/** Pictures of messages that were shown last. */
export class ShownPictures {
  readonly #kept = new Map<string, Promise<ScreenImage>>();

  keep(key: string, picture: ScreenImage): void {
    this.#put(key, Promise.resolve(picture));
  }

  /** Rejects as `read`, which is asked again then. */
  of(key: string, read: () => Promise<ScreenImage>): Promise<ScreenImage> {
    const picture = this.#kept.get(key) ?? read();
    this.#put(key, picture);
    picture.catch(() => this.#kept.delete(key));
    return picture;
  }

  #put(key: string, picture: Promise<ScreenImage>): void {
    this.#kept.delete(key);
    this.#kept.set(key, picture);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
  }
}
