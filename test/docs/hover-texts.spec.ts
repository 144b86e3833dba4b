/**
 * What editors show over a name. Editors take an `@` behind a space for a tag, inside of fenced code too, so that an
 * example with a decorator ends where the decorator begins, unless it is escaped (`\@`). Asked is the language service
 * that they ask.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TAGS = [
  'default',
  'deprecated',
  'example',
  'internal',
  'param',
  'remarks',
  'returns',
  'see',
  'throws',
  'typeParam',
];

interface Documented {
  readonly name: string;
  readonly file: string;
  readonly position: number;
  readonly comment: string;
}

/** What the language service shows for a documented name. */
interface Hover {
  readonly text: string;
  readonly tags: readonly string[];
}

const { service, documented } = inspectLibrary();

describe('the hover text of a documented name', () => {
  it('is found for every export, and for members', () => {
    const names = documented.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['Locked', 'LockService', 'forRoot', 'onBusy', 'InjectLockService']));
    expect(documented.length).toBeGreaterThan(150);
  });

  const withCode = documented.filter(({ comment }) => comment.includes('```'));

  it.each(withCode.map((each) => [`${each.name} in ${each.file}`, each] as const))(
    '%s: shows the example whole',
    (_, each) => {
      const { text } = hover(each);
      const code = codeOf(each.comment);
      expect(code.length).toBeGreaterThan(0);
      for (const line of code) expect(text).toContain(line);
      expect(text.split('```')).toHaveLength(each.comment.split('```').length);
    },
  );

  it('has no tag but those of the house', () => {
    const others = documented.map((each) => [each.name, strangeTags(each)] as const);
    expect(others.filter(([, tags]) => tags.length > 0)).toEqual([]);
  });

  it('there are examples with decorators', () => {
    const decorated = withCode.filter(({ comment }) => comment.includes('\\@'));
    expect(decorated.map(({ name }) => name)).toEqual(expect.arrayContaining(['Locked', 'onBusy', 'LockService']));
  });
});

/** Those that an overridden member inherits from another package are not ours. */
function strangeTags(each: Documented): string[] {
  return hover(each).tags.filter((tag) => !TAGS.includes(tag) && each.comment.includes(`@${tag}`));
}

function hover({ file, position }: Documented): Hover {
  const info = service.getQuickInfoAtPosition(ROOT + file, position);
  const tags = info?.tags ?? [];
  const texts = [info?.documentation, ...tags.map((tag) => tag.text)];
  return { text: texts.map((text) => ts.displayPartsToString(text)).join('\n'), tags: tags.map(({ name }) => name) };
}

/** The lines between the fences of a comment. */
function codeOf(comment: string): string[] {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  let inside = false;
  return lines.filter((line) => {
    if (!line.startsWith('```')) return inside && line !== '';
    inside = !inside;
    return false;
  });
}

/** Everything in `lib` that has a name and a comment. */
function inspectLibrary(): { service: ts.LanguageService; documented: readonly Documented[] } {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent({ ...config, include: ['lib'] }, ts.sys, ROOT);
  const service = ts.createLanguageService({
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    getScriptFileNames: () => fileNames,
    getScriptVersion: () => '1',
    getScriptSnapshot: (file) =>
      ts.sys.fileExists(file) ? ts.ScriptSnapshot.fromString(readFileSync(file, 'utf8')) : undefined,
    getCurrentDirectory: () => ROOT,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
  const documented: Documented[] = [];
  for (const path of fileNames) {
    const source = service.getProgram()!.getSourceFile(path)!;
    const visit = (node: ts.Node): void => {
      const name = (node as ts.NamedDeclaration).name;
      const [comment] = ts.getJSDocCommentsAndTags(node).filter((each) => ts.isJSDoc(each));
      if (name && comment && comment.parent === node) {
        documented.push({
          name: name.getText(source),
          file: path.slice(ROOT.length),
          position: name.getStart(source),
          comment: source.text.slice(comment.pos, comment.end),
        });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { service, documented };
}
