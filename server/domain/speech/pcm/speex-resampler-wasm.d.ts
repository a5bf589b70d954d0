/** The part of the package's Emscripten module that is used; it ships no types. Functions: speex_resampler.h. */
declare module "@echogarden/speex-resampler-wasm/simd" {
  export interface SpeexModule {
    /** Replaced when the memory grows: read them anew for each use. */
    readonly HEAP16: Int16Array;
    readonly HEAP32: Int32Array;
    readonly HEAPU32: Uint32Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _speex_resampler_init(
      channels: number,
      inRateHz: number,
      outRateHz: number,
      quality: number,
      error: number,
    ): number;
    _speex_resampler_destroy(state: number): void;
    _speex_resampler_get_input_latency(state: number): number;
    _speex_resampler_skip_zeros(state: number): number;
    _speex_resampler_process_int(
      state: number,
      channel: number,
      input: number,
      inputLength: number,
      output: number,
      outputLength: number,
    ): number;
  }
  const load: () => Promise<SpeexModule>;
  export default load;
}
