import fc from 'fast-check';
import { imageIn } from './image.ts';

const png = (bits = 8, interlaced = 0) => {
  const header = Buffer.alloc(33);
  header.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  header.write('IHDR', 12, 'latin1');
  header.writeUInt32BE(120, 16);
  header.writeUInt32BE(40, 20);
  header.set([bits, 6, 0, 0, interlaced], 24);
  return header;
};
const jpeg = (...segments: number[][]) => Buffer.from([0xff, 0xd8, ...segments.flat(), ...Array.from({ length: 12 }, () => 0)]);
const FRAME = [0xff, 0xc0, 0, 17, 8, 0, 40, 0, 120, 3];

it('an image is known by its first bytes', () => {
  expect(imageIn(png())).toEqual({ type: 'png', width: 120, height: 40 });
  expect(imageIn(jpeg(FRAME))).toEqual({ type: 'jpeg', width: 120, height: 40 });
  expect(imageIn(jpeg([0xff, 0xe0, 0, 4, 1, 2], FRAME))).toEqual({ type: 'jpeg', width: 120, height: 40 });
});

it('what a document cannot show is none', () => {
  expect(imageIn(png(16))).toBeUndefined();
  expect(imageIn(png(8, 1))).toBeUndefined();
  expect(imageIn(png().subarray(0, 20))).toBeUndefined();
  expect(imageIn(jpeg([0xff, 0xc4, 0, 4, 1, 2]))).toBeUndefined();
  for (const text of ['', 'GIF89a', '<svg/>', '%PDF-1.7', 'RIFF']) expect(imageIn(Buffer.from(text))).toBeUndefined();
});

it('no bytes break it or keep it busy', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom([0xff, 0xd8], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], []),
      (bytes, start) => {
        const found = imageIn(Buffer.from([...start, ...bytes]));
        expect(found === undefined || Number.isInteger(found.width)).toBe(true);
      },
    ),
  );
});
