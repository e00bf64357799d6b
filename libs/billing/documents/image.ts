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
