/** A text that is there already, as the stream that speech takes. */
export async function* once(text: string): AsyncGenerator<string, void, void> {
  yield text;
}
