import { setTimeout as wait } from 'node:timers/promises';
import type { Fault, Stage } from '../scenario.ts';

/** Where the product can be struck; see the calls of failpoint() in libs/. */
export const POINTS = [
  'billing.before_numbers',
  'billing.after_numbers',
  'billing.in_batch',
  'billing.after_periods',
  'billing.between_batches',
  'bus.committed',
  'dunning.decided',
  'dunning.before_letter',
  'dunning.after_letter',
  'outbox.marking',
  'outbox.told',
  'relay.marked',
  'relay.queued',
  'promise.kept',
  'promise.stepped',
] as const;

/** Nobody may pass there just now. */
const PATIENCE_MS = 1500;

/** Whoever comes by there next dies, or hangs for some seconds with all its locks; now and then the one after it as well, and so on. */
async function strike({ arena, random }: Stage, point: string) {
  const { failpoints } = arena;
  if (!failpoints) return;
  const signal = random.chance(0.8) ? 'SIGKILL' : 'SIGSTOP';
  const times = signal === 'SIGKILL' ? random.pick([1, 1, 1, 1, 1, 3]) : 1;
  for (let i = 0; i < times && (await failpoints.strike(point, signal, PATIENCE_MS)); i++) {
    if (signal === 'SIGKILL') await Promise.all(arena.programs.map((program) => program.start()));
    else await wait(random.int(500, 3000));
  }
  for (const program of arena.programs) program.thaw();
}

export const STRIKES: readonly Fault[] = POINTS.map((point) => ({ name: point, weight: 3, play: (stage) => strike(stage, point) }));
