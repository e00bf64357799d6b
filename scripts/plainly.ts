import { reason } from './machine.ts';

/** Runs the main part of a script. What goes wrong is said in its own words, and the exit code is 1; DEBUG=1 shows where it happened. */
export async function plainly(run: () => Promise<void>) {
  try {
    await run();
  } catch (error) {
    console.error(process.env.DEBUG ? error : reason(error));
    process.exit(1);
  }
}
