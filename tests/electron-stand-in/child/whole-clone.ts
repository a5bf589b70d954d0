import { Deserializer, Serializer } from "node:v8";

/**
 * What a message between main and a utility process is on its way: structured clone, in which a view brings the whole
 * buffer behind it. Node's own channel would send the view alone.
 */
export function packMessage(message: unknown): Uint8Array {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(message);
  return serializer.releaseBuffer();
}

export function unpackMessage(packed: Uint8Array): unknown {
  const deserializer = new Deserializer(packed);
  deserializer.readHeader();
  return deserializer.readValue();
}
