/** What comes of some work, or of being late, when it has not ended after so many milliseconds; nobody waits for it then. */
export async function inTime<T>(ms: number, work: Promise<T>, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  try {
    return await Promise.race([work, silence.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
