/** Keeps a browser from leaving the page for a file that is dropped where nothing takes one. */
export function keepPageOnDrop(target: Window): void {
  for (const name of ["dragover", "drop"] as const) {
    target.addEventListener(name, (event) => {
      if (event.defaultPrevented || event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    });
  }
}
