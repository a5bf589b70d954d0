/** What `app` must know of a window. */
interface ClosableWindow {
  readonly id: number;
  close(): void;
  emit(event: string, ...args: unknown[]): boolean;
  destroy(): void;
  isDestroyed(): boolean;
  /** The app is hidden, or shown again, as one. */
  orderOutWithApp(): void;
  orderInWithApp(): void;
  isVisible(): boolean;
  isContentProtected(): boolean;
  getMediaSourceId(): string;
  getTitle(): string;
  getSize(): number[];
}

/** All windows of the process; between `app` and `BrowserWindow`, which need each other. */
class AppWindows<W extends ClosableWindow = ClosableWindow> {
  readonly all = new Map<number, W>();
  onAllClosed: () => void = () => undefined;
  onEvent: (event: string, ...args: unknown[]) => void = () => undefined;

  /** False when a window refused to close. */
  closeAll(): boolean {
    for (const window of Array.from(this.all.values())) {
      window.close();
      if (!window.isDestroyed()) return false;
    }
    return true;
  }

  destroyAll(): void {
    for (const window of Array.from(this.all.values())) window.destroy();
  }

  remove(id: number): void {
    this.all.delete(id);
    if (this.all.size === 0) this.onAllClosed();
  }
}

export const appWindows = new AppWindows();
