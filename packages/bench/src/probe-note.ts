const noteMs = 3000;

/** Says, now and then, that steps are being timed. */
export function probeNote(say: (line: string) => void): (done: number, total: number) => void {
  let saidMs = 0;
  return (done, total) => {
    if (done !== total && performance.now() - saidMs < noteMs) return;
    saidMs = performance.now();
    say(`timing what never ran here: ${done} of ${total}`);
  };
}
