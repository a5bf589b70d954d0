import { createConnection, type Socket } from "node:net";

/** Owns a name on a D-Bus bus until disposed; e.g. "org.kde.StatusNotifierWatcher", so that a desktop has a tray. */
export async function ownBusName(
  address: string,
  name: string,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const path = /^unix:path=([^,;]+)/.exec(address)?.[1];
  if (path === undefined) throw new Error(`A bus at ${address} cannot be reached from here.`);
  const socket = createConnection(path);
  const reader = createReader(socket, signal);
  const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString("hex");
  socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
  if (!(await reader.line()).startsWith("OK")) throw new Error("The bus does not let us in.");
  socket.write("BEGIN\r\n");
  socket.write(call(1, "Hello", Buffer.alloc(0), ""));
  socket.write(call(2, "RequestName", Buffer.concat([text(name), uint32(4)]), "su"));
  await reader.replyTo(2);
  return {
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

/** D-Bus messages: a fixed part, header fields, a body; everything aligned (D-Bus specification, "Message Protocol"). */
const destination = "org.freedesktop.DBus";

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
function text(value: string): Buffer {
  const bytes = Buffer.from(`${value}\0`);
  return pad(Buffer.concat([uint32(bytes.length - 1), bytes]), 4);
}
function pad(bytes: Buffer, to: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((to - (bytes.length % to)) % to)]);
}
function field(code: number, type: "o" | "s" | "g", value: string): Buffer {
  const start = Buffer.from([code, 1, type.charCodeAt(0), 0]);
  if (type !== "g") return pad(Buffer.concat([start, text(value)]), 8);
  return pad(Buffer.concat([start, Buffer.from([value.length]), Buffer.from(`${value}\0`)]), 8);
}

function call(serial: number, member: string, body: Buffer, signature: string): Buffer {
  const fields = [
    field(1, "o", "/org/freedesktop/DBus"),
    field(2, "s", destination),
    field(3, "s", member),
    field(6, "s", destination),
    ...(signature === "" ? [] : [field(8, "g", signature)]),
  ];
  const fixed = Buffer.from([0x6c, 1, 0, 1]);
  const lengths = Buffer.concat([uint32(body.length), uint32(serial), uint32(fieldsLength(fields))]);
  return Buffer.concat([fixed, lengths, ...fields, body]);
}

/** Length of all fields with the padding between them, without that after the last. */
function fieldsLength(fields: readonly Buffer[]): number {
  const last = fields.at(-1) ?? Buffer.alloc(0);
  const isSignature = last[2] === "g".charCodeAt(0);
  const lastLength = isSignature ? 5 + (last[4] ?? 0) + 1 : 8 + last.readUInt32LE(4) + 1;
  return Buffer.concat(fields).length - last.length + lastLength;
}

interface Reader {
  /** One line of the text part at the beginning. */
  line(): Promise<string>;
  /** Until the answer to this call has come; an error is thrown. */
  replyTo(serial: number): Promise<void>;
}

function createReader(socket: Socket, signal: AbortSignal): Reader {
  let bytes = Buffer.alloc(0);
  let wake = Promise.withResolvers<void>();
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure = error;
    wake.resolve();
  };
  socket.on("data", (piece: Buffer) => {
    bytes = Buffer.concat([bytes, piece]);
    wake.resolve();
  });
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("The bus has closed the connection.")));
  signal.addEventListener("abort", () => fail(signal.reason as Error), { once: true });
  const more = async () => {
    if (failure !== undefined) throw failure;
    await wake.promise;
    wake = Promise.withResolvers<void>();
  };
  const message = async (): Promise<Buffer> => {
    for (;;) {
      if (bytes.length >= 16) {
        const size = Math.ceil((16 + bytes.readUInt32LE(12)) / 8) * 8 + bytes.readUInt32LE(4);
        if (bytes.length >= size) {
          const whole = bytes.subarray(0, size);
          bytes = bytes.subarray(size);
          return whole;
        }
      }
      await more();
    }
  };
  return {
    async line() {
      for (;;) {
        const end = bytes.indexOf("\r\n");
        if (end >= 0) {
          const found = bytes.subarray(0, end).toString("latin1");
          bytes = bytes.subarray(end + 2);
          return found;
        }
        await more();
      }
    },
    async replyTo(serial) {
      for (;;) {
        const whole = await message();
        if (whole[1] === 3) throw new Error("The bus refuses the name.");
        // Our own calls are answered in order: a reply's field 5 names the call.
        if (whole[1] === 2 && replySerial(whole) === serial) return;
      }
    },
  };
}

function replySerial(message: Buffer): number | undefined {
  const at = message.indexOf(Buffer.from([5, 1, "u".charCodeAt(0), 0]), 16);
  return at < 0 ? undefined : message.readUInt32LE(at + 4);
}
