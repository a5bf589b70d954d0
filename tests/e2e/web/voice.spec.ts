import { expect, type Page } from "@playwright/test";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { sharedServerTest as test, signIn } from "../fixtures/web-test.ts";

/** Listens to what the page gives to the loudspeaker: the loudest sample of the last moment, and whether it plays. */
async function tapLoudspeaker(page: Page): Promise<{ peak(): Promise<number> }> {
  await page.addInitScript(() => {
    const taps: AnalyserNode[] = [];
    Object.assign(globalThis, { taps });
    const connect = AudioNode.prototype.connect as (this: AudioNode, ...args: unknown[]) => unknown;
    AudioNode.prototype.connect = function tapped(this: AudioNode, ...args: unknown[]) {
      if (args[0] instanceof AudioDestinationNode) {
        const tap = new AnalyserNode(this.context, { fftSize: 32_768 });
        connect.call(this, tap);
        taps.push(tap);
      }
      return connect.apply(this, args);
    } as typeof AudioNode.prototype.connect;
  });
  return {
    peak: () =>
      page.evaluate(() => {
        const { taps } = globalThis as unknown as { readonly taps: readonly AnalyserNode[] };
        const running = taps.filter((tap) => tap.context.state === "running");
        const samples = running.flatMap((tap) => {
          const data = new Float32Array(tap.fftSize);
          tap.getFloatTimeDomainData(data);
          return data.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
        });
        return Math.max(0, ...samples);
      }),
  };
}

test("no voice is asked for until reading aloud is switched on; then an answer is heard, and falls silent when told to", async ({
  page,
  server,
  model,
  speech,
}) => {
  const before = speech.requests.length;
  const speaker = await tapLoudspeaker(page);
  const chat = await signIn(page, server);
  await chat.ask("Quietly, please");
  await expect(chat.answers).toContainText("Hello from Pipit.");
  expect(speech.requests).toHaveLength(before);
  await chat.speakButton.click();
  model.script(stream(say(...Array.from({ length: 30 }, (_, at) => `This is sentence number ${at}. `))));
  await chat.ask("Read me a story");
  // The double speaks a sine of half the full scale.
  await expect.poll(() => speaker.peak()).toBeGreaterThan(0.3);
  await chat.stopSpeakingButton.click();
  await expect.poll(() => speaker.peak()).toBeLessThan(0.01);
});
