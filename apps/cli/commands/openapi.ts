import { openApi } from '#kernel';
import { Command, CommandRunner, Option } from 'nest-commander';
import { writeFileSync } from 'node:fs';

@Command({ name: 'openapi', description: 'The OpenAPI document' })
export class OpenApiCommand extends CommandRunner {
  async run(_: string[], { out }: { out?: string }) {
    await import('../../../libs/contexts.ts');
    const document = `${JSON.stringify(openApi(), null, 2)}\n`;
    if (!out) return void process.stdout.write(document);
    writeFileSync(out, document);
    console.log(`Wrote ${out}`);
  }

  @Option({ flags: '--out <file>', description: 'write it there' })
  out(file: string) {
    return file;
  }
}
