import { FileMissing, problem, type Storage } from '#kernel';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { designOf, STANDARD } from './design.ts';
import { imageIn, isSoundPng } from './image.ts';
import { printedPdf } from './print.ts';
import { sampleOf } from './sample.ts';

export const LOGO = { types: ['image/png', 'image/jpeg'], limit: 512 << 10 };
export const LogoFields = z.strictObject({}).meta({ id: 'LogoFields' });
export const logoUnfit = problem('logo.unfit', 422, 'A logo is a PNG or JPEG image of at most 2,000 pixels on each side');
const LONGEST_SIDE = 2000;

/** The content of a logo; a document is printed without one that is lost. */
export async function logoOf(storage: Storage, logo: string | null): Promise<Buffer | undefined> {
  if (!logo) return undefined;
  try {
    return await buffer(await storage.get(logo));
  } catch (error) {
    if (error instanceof FileMissing) return undefined;
    throw error;
  }
}

/**
 * The storage key of an uploaded file that can be a logo: what it is, is told by the file itself, and it is printed once to see that it can be.
 * The file stays when another logo follows: documents that were issued with it need it. @throws logo.unfit
 */
export async function fitLogo(storage: Storage, key: string): Promise<string> {
  const logo = await buffer(await storage.get(key));
  const image = imageIn(logo);
  if (!image || Math.max(image.width, image.height) > LONGEST_SIDE || !image.width || !image.height) throw logoUnfit();
  if (image.type === 'png' && !(await isSoundPng(logo))) throw logoUnfit();
  await printedPdf({ invoice: sampleOf('EUR', null, '2026-01-01'), design: designOf(STANDARD), logo }).catch(() => {
    throw logoUnfit('This image cannot be printed');
  });
  return key;
}
