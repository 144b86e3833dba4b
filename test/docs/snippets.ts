/**
 * The TypeScript in Markdown files, checked by the compiler with the options of this repository, so that what people
 * copy works. What a snippet needs but should not show stands in a comment before it:
 *
 *     <!-- snippet: declare const locks: LockService; -->
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

/** A line of code, and where it stands in the Markdown file. */
export interface Line {
  readonly text: string;
  readonly line: number;
}

/** One fenced block of TypeScript. */
export interface Snippet {
  /** The Markdown file, relative to the repository. */
  readonly file: string;
  /** The line of the opening fence. */
  readonly line: number;
  /** What is compiled, and the line of the Markdown file that each line comes from. */
  readonly code: readonly Line[];
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FENCE = /^(\s*)(`{3,}|~{3,})\s*(\S*)/;
const PRELUDE = /^<!--\s*snippet:/;

/** All blocks of a Markdown text whose language is `ts`. */
export function extractSnippets(file: string, markdown: string): Snippet[] {
  const rest = markdown.split(/\r?\n/).map((text, index): Line => ({ text, line: index + 1 }));
  const snippets: Snippet[] = [];
  let prelude: Line[] = [];
  for (let head = rest.shift(); head !== undefined; head = rest.shift()) {
    const { text, line } = head;
    const takeUntil = (isLast: (each: Line) => boolean): Line[] => {
      const last = rest.findIndex(isLast);
      if (last === -1) throw new Error(`${file}:${line}: never closed`);
      return rest.splice(0, last + 1);
    };
    const [, indent = '', fence, language = ''] = FENCE.exec(text) ?? [];
    if (fence) {
      const body = takeUntil((each) => each.text.trim() === fence).slice(0, -1);
      const code = [...prelude, ...body.map((each) => ({ ...each, text: each.text.slice(indent.length) }))];
      if (/^(ts|typescript)$/i.test(language)) snippets.push({ file, line, code });
    }
    if (PRELUDE.test(text)) {
      const comment = text.includes('-->') ? [head] : [head, ...takeUntil((each) => each.text.includes('-->'))];
      prelude = comment.map((each) => ({ ...each, text: each.text.replace(PRELUDE, '').replace(/-->.*/, '') }));
    } else if (text.trim() !== '') {
      prelude = [];
    }
  }
  return snippets;
}

/** Everything but snippets, parsed once: most of it is type declarations of the platform. */
const parsed = new Map<string, ts.SourceFile>();

/** What the compiler says of each snippet, as `file:line: message`. */
export function compileErrors(snippets: readonly Snippet[]): ReadonlyMap<Snippet, readonly string[]> {
  const sources = new Map(snippets.map((snippet, index) => [`${ROOT}test/docs/snippet-${index}.ts`, snippet]));
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.readFile = (path) => {
    const snippet = sources.get(path);
    if (snippet === undefined) return readFile(path);
    // Without an import or export the file would be a script, and its names global.
    return [...snippet.code.map(({ text }) => text), 'export {};'].join('\n');
  };
  host.getSourceFile = (path, ...rest) => {
    const known = parsed.get(path) ?? getSourceFile(path, ...rest);
    if (known !== undefined && !sources.has(path)) parsed.set(path, known);
    return known;
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  const errorsOf = ([path, snippet]: [string, Snippet]): [Snippet, string[]] => {
    const source = program.getSourceFile(path);
    const syntax = program.getSyntacticDiagnostics(source);
    const found = syntax.length > 0 ? syntax : program.getSemanticDiagnostics(source);
    return [snippet, found.map((diagnostic) => describeError(snippet, diagnostic))];
  };
  return new Map([...sources].map(errorsOf));
}

function describeError(snippet: Snippet, { file, start = 0, code, messageText }: ts.Diagnostic): string {
  const { line } = file?.getLineAndCharacterOfPosition(start) ?? { line: 0 };
  const at = snippet.code[line]?.line ?? snippet.line;
  return `${snippet.file}:${at}: TS${code}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

/** Those of the repository, with the package's own names resolved to its sources. */
function compilerOptions(): ts.CompilerOptions {
  const { config, error } = ts.readConfigFile(`${ROOT}tsconfig.json`, (path) => readFileSync(path, 'utf8'));
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, ROOT);
  const paths = {
    'nestjs-distributed-lock': [`${ROOT}lib/index.ts`],
    'nestjs-distributed-lock/board': [`${ROOT}lib/board/index.ts`],
    'nestjs-distributed-lock/otel': [`${ROOT}lib/otel/index.ts`],
    'nestjs-distributed-lock/terminus': [`${ROOT}lib/terminus/index.ts`],
    'nestjs-distributed-lock/testing': [`${ROOT}lib/testing/index.ts`],
    'nestjs-distributed-lock/testing/contract': [`${ROOT}lib/testing/contract/index.ts`],
  };
  return { ...options, noEmit: true, paths };
}
