/** From the bytes of a CSV file to its lines, and from lines to records. Nothing here holds more than one record. */
import { isUtf8 } from 'node:buffer';

/** Characters of the longest record that is read; of a longer one only its line number is told. */
export const LONGEST_RECORD = 1_048_576;

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** Bytes in a row, none of them ASCII, that are looked at to tell the encoding. */
const LONGEST_RUN = 32;

const MARKS: [Encoding, number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/**
 * Decodes by the byte order mark; without one the first characters that are not ASCII decide: UTF-8 if they are well-formed, else
 * windows-1252, which is what spreadsheets write where they do not write UTF-8. Until then both are the same.
 */
export class Decoder {
  private encoding: Encoding | null;
  private decoder: TextDecoder | null = null;
  private waiting: Buffer = Buffer.alloc(0);
  private begun = false;

  constructor(encoding: Encoding | null = null) {
    this.encoding = encoding;
  }

  write(chunk: Uint8Array): string {
    return this.decode(Buffer.concat([this.waiting, chunk]), false);
  }

  end(): string {
    return this.decode(this.waiting, true);
  }

  /** What the file turned out to be; UTF-8 for one that is ASCII all through. */
  get found(): Encoding {
    return this.encoding ?? 'utf-8';
  }

  private decode(bytes: Buffer, last: boolean): string {
    this.waiting = Buffer.alloc(0);
    if (!this.begun && bytes.length < 3 && !last) {
      this.waiting = bytes;
      return '';
    }
    if (!this.begun) this.encoding ??= MARKS.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte))?.[0] ?? null;
    this.begun = true;
    if (!this.decoder) {
      const start = this.encoding ? 0 : bytes.findIndex((byte) => byte >= 0x80);
      if (start < 0) return bytes.toString('latin1');
      if (!this.encoding) {
        const run = bytes.subarray(start, start + LONGEST_RUN);
        const length = run.findIndex((byte) => byte < 0x80);
        if (length < 0 && run.length < LONGEST_RUN && !last) {
          this.waiting = bytes.subarray(start);
          return bytes.toString('latin1', 0, start);
        }
        const whole = length < 0 ? run.subarray(0, run.length - (last ? 0 : brokenOff(run))) : run.subarray(0, length);
        this.encoding = isUtf8(whole) ? 'utf-8' : 'windows-1252';
      }
      this.decoder = new TextDecoder(this.encoding);
    }
    return this.decoder.decode(bytes, { stream: !last });
  }
}

/** How many bytes at the end may be a UTF-8 character whose rest comes with the next chunk. */
function brokenOff(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** Cuts text into lines at LF, CR LF and CR. A line that is too long is null. */
export class Lines {
  private rest = '';
  private dropping = false;

  push(text: string): (string | null)[] {
    const whole = this.rest + text;
    // The LF of a last CR may come with the next text.
    const end = whole.endsWith('\r') ? whole.length - 1 : whole.length;
    const lines: (string | null)[] = whole.slice(0, end).split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? '') + whole.slice(end);
    if (this.dropping && lines.length > 0) {
      lines[0] = null;
      this.dropping = false;
    }
    if (this.rest.length > LONGEST_RECORD) {
      this.dropping = true;
      this.rest = '';
    }
    return lines.map((line) => (line !== null && line.length > LONGEST_RECORD ? null : line));
  }

  end(): (string | null)[] {
    if (this.dropping) return [null];
    return this.rest === '' ? [] : [this.rest.replace(/\r$/, '')];
  }
}

/** A record by the line on which it begins: its text, or why it has none. */
export type CsvRecord = { line: number; text: string } | { line: number; problem: 'quote' | 'too_long' };

/**
 * Joins lines into records: a quoted cell may go over several lines. When a quote turns out never to be closed the lines it has
 * swallowed are read again one by one, so that one bad row does not take its neighbours along.
 */
export class Records {
  private readonly delimiter: string;
  private number = 0;
  private held: string[] = [];
  private size = 0;

  constructor(delimiter: string) {
    this.delimiter = delimiter;
  }

  *push(line: string | null): Generator<CsvRecord> {
    this.number++;
    if (line === null) {
      yield* this.giveUp(this.number - 1);
      yield { line: this.number, problem: 'too_long' };
      return;
    }
    let end = endOf(line, this.delimiter, this.held.length > 0);
    if (end === 'broken' && this.held.length > 0) {
      yield* this.giveUp(this.number - 1);
      end = endOf(line, this.delimiter, false);
    }
    if (end === 'broken') yield { line: this.number, problem: 'quote' };
    else if (end === 'open') {
      this.held.push(line);
      this.size += line.length + 1;
      if (this.size > LONGEST_RECORD) yield* this.giveUp(this.number);
    } else if (this.held.length > 0) {
      yield { line: this.number - this.held.length, text: [...this.held, line].join('\n') };
      this.held = [];
      this.size = 0;
    } else if (line !== '') yield { line: this.number, text: line };
  }

  end(): Generator<CsvRecord> {
    return this.giveUp(this.number);
  }

  private *giveUp(last: number): Generator<CsvRecord> {
    const lines = this.held;
    this.held = [];
    this.size = 0;
    for (const [index, text] of lines.entries()) {
      const line = last - lines.length + 1 + index;
      if (endOf(text, this.delimiter, false) !== 'closed') yield { line, problem: 'quote' };
      else if (text !== '') yield { line, text };
    }
  }
}

/** Whether a line ends its record, ends inside a quoted cell, or has a closing quote with something behind it. */
function endOf(line: string, delimiter: string, quoted: boolean): 'closed' | 'open' | 'broken' {
  if (!quoted && !line.includes('"')) return 'closed';
  let at = 0;
  let inside = quoted;
  for (;;) {
    if (!inside) {
      if (line[at] !== '"') {
        const next = line.indexOf(delimiter, at);
        if (next < 0) return 'closed';
        at = next + 1;
        continue;
      }
      at++;
      inside = true;
    }
    const quote = line.indexOf('"', at);
    if (quote < 0) return 'open';
    const after = line[quote + 1];
    if (after === undefined) return 'closed';
    if (after !== '"' && after !== delimiter) return 'broken';
    inside = after === '"';
    at = quote + 2;
  }
}

/** The delimiter that cuts the first lines most evenly; a comma when nothing speaks for another. */
export function sniffDelimiter(lines: readonly string[]): string {
  const scores = [',', ';', '\t'].map((delimiter) => {
    const counts = lines.filter((line) => line !== '').map((line) => line.replace(/"[^"]*"/g, '').split(delimiter).length - 1);
    const even = counts.filter((count) => count === counts[0]).length / (counts.length || 1);
    return { delimiter, first: counts[0] ?? 0, score: (counts[0] ?? 0) > 0 ? even : 0 };
  });
  return scores.reduce((best, other) =>
    other.score > best.score || (other.score === best.score && other.first > best.first) ? other : best,
  ).delimiter;
}
