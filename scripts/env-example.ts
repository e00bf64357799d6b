// Writes .env.example from the settings' own declaration: npm run env-example (with --print: only shows it).
import { writeFileSync } from 'node:fs';
import { Settings } from '../libs/kernel/settings.ts';

const HEAD = `# Settings of Tessera, with their defaults. Copy to .env, or set them in the environment, which wins.
# An empty value counts as unset. In development nothing needs to be set.
# Written by scripts/env-example.ts from libs/kernel/settings.ts.
`;

const lines = Object.entries(Settings.shape).map(
  ([name, field]) => `\n# ${field.description}\n${name}=${shown(field.safeParse(undefined).data)}\n`,
);
const example = HEAD + lines.join('');
if (process.argv.includes('--print')) process.stdout.write(example);
else writeFileSync('.env.example', example);

function shown(value: unknown) {
  if (value === undefined || value === false || (Array.isArray(value) && !value.length)) return '';
  const text = String(value);
  return /[\s<>#]/.test(text) ? `"${text}"` : text;
}
