// Suites in the order of what they take: the longest begin first, so that no core waits for one of them at the end. Jest goes by what each
// took the last time, which nobody knows on a fresh checkout. Before them all the queue's, whose worker does what all others leave undone.
import { statSync } from 'node:fs';

const FIRST = `http/jobs laws/plans cli/cli laws/permissions laws/isolation laws/files laws/fuzz http/attacks http/subscriptions
  cli/billing http/payments http/invoice-numbers`.split(/\s+/);
/** Those that are named, in that order; then the larger files. */
function weightOf({ path }) {
  const at = FIRST.findIndex((name) => path.endsWith(`${name}.spec.ts`));
  return at < 0 ? -statSync(path).size : -(FIRST.length - at) * 1e9;
}

export default class LongestFirst {
  sort(tests) {
    return tests.toSorted((one, other) => weightOf(one) - weightOf(other));
  }
  allFailedTests(tests) {
    return tests;
  }
  cacheResults() {}
}
