import { Temporal } from 'temporal-polyfill';
import fc from 'fast-check';
import {
  addDays,
  addMonths,
  after,
  before,
  DAY_FORMATS,
  dayBounds,
  dayOf,
  daysBetween,
  endOfMonth,
  isDay,
  isDayFormat,
  isTimeZone,
  now,
  parseDay,
  secondsUntil,
  setClock,
  startOfMonth,
  today,
} from './time.ts';

const ZONES = ['UTC', 'Europe/London', 'America/Los_Angeles', 'Asia/Kathmandu', 'America/Sao_Paulo', 'Pacific/Apia', 'Africa/Casablanca'];
const zone = fc.constantFrom(...ZONES);
const instant = fc.date({ min: new Date('1980-01-01T00:00:00Z'), max: new Date('2080-01-01T00:00:00Z'), noInvalidDate: true });
const day = instant.map((at) => at.toISOString().slice(0, 10));
const span = (bounds: { from: Date; until: Date }) => [bounds.from.toISOString(), bounds.until.toISOString()];

describe('the clock', () => {
  afterEach(() => setClock());

  it('is the real one until it is replaced', () => {
    const earliest = Date.now();
    expect(now().getTime()).toBeGreaterThanOrEqual(earliest);
    setClock(() => new Date('2026-03-01T23:30:00Z'));
    expect(now().toISOString()).toBe('2026-03-01T23:30:00.000Z');
    setClock();
    expect(now().getTime()).toBeGreaterThanOrEqual(earliest);
  });

  it('shows another day in another zone', () => {
    setClock(() => new Date('2026-12-31T23:30:00Z'));
    expect([today('UTC'), today('Europe/Berlin'), today('America/New_York')]).toEqual(['2026-12-31', '2027-01-01', '2026-12-31']);
  });
});

describe('dayBounds', () => {
  it.each([
    ['2026-03-29', 'Europe/London', '2026-03-29T00:00:00.000Z', '2026-03-29T23:00:00.000Z'],
    ['2026-10-25', 'Europe/London', '2026-10-24T23:00:00.000Z', '2026-10-26T00:00:00.000Z'],
    ['2026-07-01', 'America/Los_Angeles', '2026-07-01T07:00:00.000Z', '2026-07-02T07:00:00.000Z'],
    // Midnight did not exist that day.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z'],
    // Samoa went to bed on the 29th and woke up on the 31st.
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z', '2011-12-30T10:00:00.000Z'],
  ])('%s in %s', (date, where, from, until) => {
    expect(span(dayBounds(date, where))).toEqual([from, until]);
  });

  it('holds exactly the instants of that day', () => {
    fc.assert(
      fc.property(instant, zone, (at, where) => {
        const { from, until } = dayBounds(dayOf(at, where), where);
        expect(from <= at && at < until).toBe(true);
      }),
    );
  });

  it('leaves no gap to the next day', () => {
    fc.assert(
      fc.property(day, zone, (date, where) => {
        expect(dayBounds(date, where).until).toEqual(dayBounds(addDays(date, 1), where).from);
      }),
    );
  });

  it('refuses what is no day and no zone', () => {
    expect(() => dayBounds('2026-02-30', 'UTC')).toThrow('Not a day');
    expect(() => dayBounds('2026-02-03T00:00:00Z', 'UTC')).toThrow('Not a day');
    expect(() => dayBounds('2026-02-03', 'Mars/Olympus')).toThrow(RangeError);
  });
});

describe('days', () => {
  it('are added and counted', () => {
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
    expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2);
    expect(daysBetween('2026-03-30', '2026-03-28')).toBe(-2);
    expect([startOfMonth('2026-02-17'), endOfMonth('2026-02-17'), endOfMonth('2028-02-01')]).toEqual([
      '2026-02-01',
      '2026-02-28',
      '2028-02-29',
    ]);
  });

  it('counts months from an anchor without drifting', () => {
    expect([0, 1, 2, 3].map((n) => addMonths('2026-01-31', n))).toEqual(['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']);
    expect([12, 24, 36, 48].map((n) => addMonths('2024-02-29', n))).toEqual(['2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29']);
    expect([3, 6, 9, 12].map((n) => addMonths('2025-11-30', n))).toEqual(['2026-02-28', '2026-05-30', '2026-08-30', '2026-11-30']);
  });

  it('agree with each other', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -40_000, max: 40_000 }), (date, n) => {
        expect(daysBetween(date, addDays(date, n))).toBe(n);
        expect(addDays(addDays(date, n), -n)).toBe(date);
      }),
    );
  });

  it('are those of the calendar', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -10_000, max: 10_000 }), (date, n) => {
        const known = Temporal.PlainDate.from(date);
        expect(addDays(date, n)).toBe(known.add({ days: n }).toString());
        expect(addMonths(date, n % 1200)).toBe(known.add({ months: n % 1200 }).toString());
        expect(endOfMonth(date)).toBe(known.with({ day: known.daysInMonth }).toString());
      }),
    );
  });

  it('do not leave the years 1 to 9999', () => {
    expect(() => addDays('9999-12-31', 1)).toThrow(RangeError);
    expect(() => addMonths('0001-01-01', -1)).toThrow(RangeError);
  });

  it('are known when they exist', () => {
    expect(['2028-02-29', '0001-01-01', '9999-12-31'].every(isDay)).toBe(true);
    for (const other of ['2026-02-29', '2026-13-01', '0000-01-01', '2026-1-1', ' 2026-01-01', '2026-01-01T00:00', '', null, 20260101]) {
      expect(isDay(other)).toBe(false);
    }
  });
});

describe('after and before', () => {
  const nine = new Date('2026-03-29T08:00:00Z');

  it('tell 24 hours from a day', () => {
    expect(before(nine, { hours: 24 }).toISOString()).toBe('2026-03-28T08:00:00.000Z');
    expect(before(nine, { days: 1 }, 'Europe/London').toISOString()).toBe('2026-03-28T09:00:00.000Z');
    expect(after(new Date('2026-03-22T09:00:00Z'), { weeks: 1 }, 'Europe/London').toISOString()).toBe('2026-03-29T08:00:00.000Z');
  });

  it('add months within the month and small units exactly', () => {
    expect(after(new Date('2026-01-31T12:00:00Z'), { months: 1 }, 'UTC').toISOString()).toBe('2026-02-28T12:00:00.000Z');
    expect(after(nine, { minutes: 15, seconds: 1, milliseconds: 5 }).toISOString()).toBe('2026-03-29T08:15:01.005Z');
    expect(after(nine, { minutes: -15 })).toEqual(before(nine, { minutes: 15 }));
  });

  it('undo each other', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 10 ** 9 }), (at, seconds) => {
        expect(before(after(at, { seconds }), { seconds })).toEqual(at);
        expect(secondsUntil(after(at, { seconds }), at)).toBe(seconds);
      }),
    );
  });

  it('round the seconds up and never below zero', () => {
    expect(secondsUntil(after(nine, { milliseconds: 1 }), nine)).toBe(1);
    expect(secondsUntil(nine, after(nine, { hours: 1 }))).toBe(0);
  });

  it('refuse an instant that is none', () => {
    expect(() => after(new Date(NaN), { hours: 1 })).toThrow();
  });
});

describe('isTimeZone', () => {
  it('knows names, not offsets', () => {
    expect([...ZONES, 'Etc/GMT+5'].every(isTimeZone)).toBe(true);
    const others = [
      '+01:00',
      '-0500',
      'Mars/Olympus',
      '',
      'Europe/London\0',
      null,
      5,
      'BST',
      'CST',
      'IST',
      'SystemV/AST4',
      'us/pacific-new',
    ];
    for (const other of others) expect([other, isTimeZone(other)]).toEqual([other, false]);
  });
});

describe('parseDay', () => {
  it.each([
    ['3/1/2017', 'M/D/YYYY', '2017-03-01'],
    ['10/20/2016', 'M/D/YYYY', '2016-10-20'],
    ['03/07/2017', 'M/D/YYYY', '2017-03-07'],
    ['03/07/2017', 'DD/MM/YYYY', '2017-07-03'],
    ['3/7/2017', 'DD/MM/YYYY', '2017-07-03'],
    [' 31.12.2026 ', 'DD.MM.YYYY', '2026-12-31'],
    ['2026-02-01', 'YYYY-MM-DD', '2026-02-01'],
    ['2026/2/1', 'YYYY/MM/DD', '2026-02-01'],
    ['20260201', 'YYYYMMDD', '2026-02-01'],
    ['1 2 2026', 'D M YYYY', '2026-02-01'],
  ])('reads %p as %s', (text, format, date) => {
    expect(parseDay(text, format)).toBe(date);
  });

  it.each([
    ['13/1/2017', 'M/D/YYYY'],
    ['2/30/2017', 'M/D/YYYY'],
    ['2/29/2017', 'M/D/YYYY'],
    ['0/1/2017', 'M/D/YYYY'],
    ['1/1/17', 'M/D/YYYY'],
    ['1-1-2017', 'M/D/YYYY'],
    ['1/1/2017 10:00', 'M/D/YYYY'],
    ['31x12x2026', 'DD.MM.YYYY'],
    ['2026021', 'YYYYMMDD'],
    ['0000-01-01', 'YYYY-MM-DD'],
    ['', 'YYYY-MM-DD'],
  ])('does not read %p as %s', (text, format) => {
    expect(parseDay(text, format)).toBeNull();
  });

  it.each(['', 'YYYY', 'M/D/YY', 'D/D/YYYY', 'YYYY-MM.DD', 'YYYY-MM-DD HH', 'MMM D YYYY'])('refuses the format %p', (format) => {
    expect(isDayFormat(format)).toBe(false);
    expect(() => parseDay('2026-01-01', format)).toThrow('Not a date format');
  });

  it('reads every day in every format', () => {
    fc.assert(
      fc.property(day, fc.constantFrom(...DAY_FORMATS), (date, format) => {
        const [year, month, dayOfMonth] = date.split('-');
        const part = (text: string, token: string) => (token.length === 1 ? String(Number(text)) : text);
        const text = format
          .replace('YYYY', year)
          .replace(/M+/, (token) => part(month, token))
          .replace(/D+/, (token) => part(dayOfMonth, token));
        expect(parseDay(text, format)).toBe(date);
      }),
    );
  });

  it('answers or returns null for any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...DAY_FORMATS), (text, format) => {
        const read = parseDay(text, format);
        expect(read === null || isDay(read)).toBe(true);
      }),
    );
  });
});
