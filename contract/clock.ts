/** Time of day; injected so that tests own it. */
export interface Clock {
  nowMs(): number;
}
