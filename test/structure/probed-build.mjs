/**
 * The library as JavaScript that says which functions are entered: every one of `lib/` begins with a call of
 * `globalThis.entered(file, name)`. It lies in a folder inside `node_modules`, so that its imports resolve as they do here.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache');
const SOURCE = /\.ts$/;
const { factory } = ts;

/** As the library is built, each file by itself. */
const OPTIONS = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ES2022,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  useDefineForClassFields: false,
};

/**
 * Builds it together with `source`, a TypeScript file that imports it, and answers the address of what became of that. The
 * folder is gone when the process ends.
 */
export function buildWithProbes(source) {
  const folder = join(CACHE, `lock-moves-${randomUUID()}`);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => SOURCE.test(name))) {
    compile(folder, join('lib', file), { before: [probesFor(file)] });
  }
  compile(folder, source);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return pathToFileURL(join(folder, source.replace(SOURCE, '.js'))).href;
}

function compile(folder, path, transformers = {}) {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const { outputText } = ts.transpileModule(text, { fileName: path, compilerOptions: OPTIONS, transformers });
  const target = join(folder, path.replace(SOURCE, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, outputText);
}

/** A transformer that puts the probes into one file. */
function probesFor(file) {
  return (context) => (source) => {
    const visitIn = (outer) => (node) => {
      const name = nameIn(outer, node);
      const visited = ts.visitEachChild(node, visitIn(name ?? outer), context);
      return ts.isFunctionLike(visited) && visited.body ? probed(visited, call(file, name), context) : visited;
    };
    return ts.visitEachChild(source, visitIn(''), context);
  };
}

/** As in `LockEngine.acquire`, with what it stands in; undefined for what is neither a class nor a function. */
function nameIn(outer, node) {
  if (!ts.isClassLike(node) && !ts.isFunctionLike(node)) return undefined;
  return outer === '' ? ownName(node) : `${outer}.${ownName(node)}`;
}

function ownName(node) {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  // An arrow is called as what it is assigned to.
  const name = node.name ?? node.parent.name;
  const text = name && ts.isPropertyName(name) ? name.getText() : '=>';
  return ts.isGetAccessor(node) ? `get ${text}` : ts.isSetAccessor(node) ? `set ${text}` : text;
}

function call(file, name) {
  const words = [file, name].map((word) => factory.createStringLiteral(word));
  // Named through `globalThis`, as the library has variables of its own.
  const entered = factory.createPropertyAccessExpression(factory.createIdentifier('globalThis'), 'entered');
  return factory.createCallExpression(entered, undefined, words);
}

/** A function with a call in front of its body; an arrow without braces stays one. */
function probed(node, probe, context) {
  const body = ts.isBlock(node.body)
    ? factory.updateBlock(node.body, [factory.createExpressionStatement(probe), ...node.body.statements])
    : factory.createParenthesizedExpression(factory.createComma(probe, node.body));
  return ts.visitEachChild(node, (child) => (child === node.body ? body : child), context);
}
