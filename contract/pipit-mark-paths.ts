/** Made by `npm run icons` from assets/icons/tray-idle.svg; the box is 32 x 32. Filled by the even-odd rule. */
export const MARK_BODY =
  "M31.2 10.4 26.1 7.9C25.1 4.9 22.5 2.8 19.3 2.8c-3.6 0-6.1 2.3-7.3 5.5C10.5 12.2 6.6 16.9.8 20.7l1.8 3.3c2.4-.4 4.3-1 5.8-1.8C10.2 25.3 13.4 27 17.2 27 22.8 27 27 22.6 27 17c0-1.7-.2-3.2-.5-4.6ZM21 7.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6Z";
/** Stroked, 2 wide, with round ends. */
export const MARK_LEGS = "M15 26v4.5M19 26v4.5";
