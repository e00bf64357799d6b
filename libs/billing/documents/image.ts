import { promisify } from 'node:util';
import { inflate } from 'node:zlib';

/** An image as its first bytes tell, whatever its name or the sender says. */
export interface Image {
  type: 'png' | 'jpeg';
  /** Pixels. */
  width: number;
  height: number;
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** What kind of image it is and how large; undefined for anything that is no PNG or JPEG, and for what a PDF cannot show. */
export function imageIn(content: Buffer): Image | undefined {
  if (content.subarray(0, 8).equals(PNG)) return pngIn(content);
  return content[0] === 0xff && content[1] === 0xd8 ? jpegIn(content) : undefined;
}

/** The header comes first in every PNG. Interlaced ones and those of 16 bits are not for documents. */
function pngIn(content: Buffer): Image | undefined {
  if (content.length < 33 || content.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  const [bits, interlaced] = [content[24]!, content[28]!];
  if (bits > 8 || interlaced) return undefined;
  return { type: 'png', width: content.readUInt32BE(16), height: content.readUInt32BE(20) };
}

/** The size stands in the frame header (SOF), behind markers of any number and length. */
function jpegIn(content: Buffer): Image | undefined {
  for (let at = 2; at + 9 < content.length && content[at] === 0xff; at += 2 + content.readUInt16BE(at + 2)) {
    const marker = content[at + 1]!;
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return { type: 'jpeg', height: content.readUInt16BE(at + 5), width: content.readUInt16BE(at + 7) };
  }
  return undefined;
}

const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const LAST_FILTER = 4;
const inflated = promisify(inflate);

/**
 * Whether all of a PNG is there and fits its header. What prints it unpacks it without a limit, and throws where nobody catches, so nothing
 * may be handed over that it could stumble on. Unpacks no more than the header's size takes: look at that first.
 */
export async function isSoundPng(content: Buffer): Promise<boolean> {
  const [width, height, bits, colour] = [content.readUInt32BE(16), content.readUInt32BE(20), content[24]!, content[25]!];
  const channels = CHANNELS[colour];
  if (!channels || ![1, 2, 4, 8].includes(bits) || (bits < 8 && channels > 1)) return false;
  const chunks = chunksOf(content);
  const palette = chunks?.find(({ name }) => name === 'PLTE')?.data.length ?? 0;
  if (!chunks || (colour === 3 && (!palette || palette % 3))) return false;
  const line = 1 + Math.ceil((width * bits * channels) / 8);
  try {
    const packed = Buffer.concat(chunks.filter(({ name }) => name === 'IDAT').map(({ data }) => data));
    const rows = await inflated(packed, { maxOutputLength: line * height });
    if (rows.length !== line * height) return false;
    for (let at = 0; at < rows.length; at += line) if (rows[at]! > LAST_FILTER) return false;
    return true;
  } catch {
    return false;
  }
}

interface Chunk {
  readonly name: string;
  readonly data: Buffer;
}
/** The chunks of a PNG from one header to its end; undefined where one is cut off, or the header comes again. */
function chunksOf(content: Buffer): Chunk[] | undefined {
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= content.length;) {
    const end = at + 8 + content.readUInt32BE(at);
    const name = content.toString('latin1', at + 4, at + 8);
    if (end + 4 > content.length || (name === 'IHDR') !== (at === 8)) return undefined;
    chunks.push({ name, data: content.subarray(at + 8, end) });
    if (name === 'IEND') return chunks;
    at = end + 4;
  }
  return undefined;
}
