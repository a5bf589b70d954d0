/** The part of the package that is used; it ships no types. Requests are named as in the X protocol. */
declare module "x11" {
  export type Done<Value> = (error: Error | null | undefined, value: Value) => boolean;
  export interface Property {
    /** Bits of an item; 0: there is no such property. */
    readonly format: number;
    readonly data: Buffer;
  }
  export interface XTest {
    readonly KeyPress: number;
    readonly KeyRelease: number;
    FakeInput(type: number, keycode: number, delay: number, window: number, x: number, y: number): void;
  }
  export interface XClient {
    InternAtom(onlyIfExists: boolean, name: string, done: Done<number>): void;
    GetProperty(
      remove: 0,
      window: number,
      name: number,
      type: number,
      offset: number,
      longs: number,
      done: Done<Property>,
    ): void;
    GetKeyboardMapping(firstKeycode: number, count: number, done: Done<readonly (readonly number[])[]>): void;
    SendClientMessage(
      to: number,
      about: number,
      type: number,
      format: 32,
      data: readonly number[],
      mask?: number,
    ): void;
    require(name: "xtest", done: Done<XTest>): void;
    on(event: "error", listener: (error: Error) => void): void;
    /** After all that was asked was answered. */
    close(done: () => void): void;
    /** At once. */
    terminate(): void;
  }
  export interface XDisplay {
    readonly client: XClient;
    readonly screen: readonly { readonly root: number }[];
    readonly min_keycode: number;
    readonly max_keycode: number;
  }
  const x11: {
    createClient(
      options: {
        readonly display: string;
        readonly shm: false;
        readonly disableBigRequests: true;
      },
      done: (error: Error | undefined, display: XDisplay) => void,
    ): XClient;
  };
  export default x11;
}
