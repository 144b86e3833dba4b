// Makes `lib/board/page.text.ts` of the sources of the board's page: browsers get them as they are written, without their
// types. The published package then reads no files when it runs. `--check` only says whether it is up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const FOLDER = fileURLToPath(new URL('../lib/board/page', import.meta.url));
const TARGET = fileURLToPath(new URL('../lib/board/page.text.ts', import.meta.url));
const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' };

const OPTIONS = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ES2022,
  removeComments: true,
  verbatimModuleSyntax: true,
};

/** The text of the module. */
export function pageModule() {
  const entries = readdirSync(FOLDER)
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(FOLDER, file), 'utf8');
      const [name, kind] = file.split('.');
      if (kind === 'html' || kind === 'css') return [[file, TYPES[kind], text]];
      if (kind !== 'ts') return [];
      return [[`${name}.js`, TYPES.js, ts.transpileModule(text, { compilerOptions: OPTIONS }).outputText]];
    })
    .map(
      ([file, type, text]) =>
        `  ${JSON.stringify(file)}: { type: ${JSON.stringify(type)}, text: ${JSON.stringify(text)} },\n`,
    );
  return (
    '/** What browsers get, by name. Made of `page/` by `.ci/board-page.mjs`: `npm run build` does it. */\n' +
    'interface PageFile {\n  readonly type: string;\n  readonly text: string;\n}\n\n' +
    `export const PAGE_FILES: Readonly<Record<string, PageFile | undefined>> = {\n${entries.join('')}};\n`
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = pageModule();
  const isFresh = readFileSync(TARGET, { encoding: 'utf8', flag: 'a+' }) === made;
  if (process.argv.includes('--check')) {
    if (!isFresh) throw new Error('lib/board/page.text.ts is out of date: run `node .ci/board-page.mjs`.');
  } else if (!isFresh) writeFileSync(TARGET, made);
}
