import { setClock } from '../time.ts';
import { jobIdOf } from './backlog.ts';

afterEach(() => setClock());

it('a row has one job for a while, and then another, should the first be stuck', () => {
  const at = (time: string) => {
    setClock(() => new Date(`2026-11-25T${time}Z`));
    return jobIdOf('message', '7');
  };
  expect(at('10:00:01')).toBe(at('10:04:59'));
  expect(at('10:05:00')).not.toBe(at('10:04:59'));
});
