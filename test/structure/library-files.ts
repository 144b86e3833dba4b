/** The files of `lib/`, with what each imports and exports, types included. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LIB = `${ROOT}lib/`;

/** One `import`, `export … from`, `import()` or `import('…').Type`. */
export interface Import {
  /** A file of the library, relative to `lib/`, or a package. */
  readonly target: string;
  readonly names: ReadonlySet<string> | 'all';
}

export interface LibraryFile {
  /** Relative to `lib/`. */
  readonly path: string;
  readonly imports: readonly Import[];
  readonly exports: readonly string[];
}

export function readLibrary(): LibraryFile[] {
  const paths = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));
  return (
    paths
      // The page of the board is another program, see `lib/board/page/tsconfig.json`.
      .filter((path) => path.endsWith('.ts') && !path.startsWith('board/page/'))
      .sort()
      .map((path) => readFile(path, readFileSync(LIB + path, 'utf8')))
  );
}

/** The files that the package lets users import, as its manifest says. */
export function entryPoints(): string[] {
  const manifest = readFileSync(`${ROOT}package.json`, 'utf8');
  const built = [...manifest.matchAll(/"(?:\.\/)?dist\/esm\/([^"]+)\.js"/g)].map(([, path]) => `${path}.ts`);
  return [...new Set(built)];
}

export function readFile(path: string, text: string): LibraryFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    const found = importIn(node);
    if (found) imports.push({ ...found, target: targetOf(found.target, path) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { path, imports, exports: [...new Set(source.statements.flatMap(exportsOf))] };
}

function targetOf(specifier: string, path: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
  if (!existsSync(LIB + target)) throw new Error(`${path} imports ${specifier}, which is no file.`);
  return target;
}

function importIn(node: ts.Node): Import | undefined {
  if (ts.isImportDeclaration(node)) return { target: textOf(node.moduleSpecifier), names: importedNames(node) };
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    return { target: textOf(node.moduleSpecifier), names: reexportedNames(node) };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { target: textOf(node.argument.literal), names: 'all' };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { target: textOf(node.arguments[0]!), names: 'all' };
  }
  return undefined;
}

function importedNames({ importClause }: ts.ImportDeclaration): Import['names'] {
  const names = new Set<string>();
  if (importClause?.name) names.add('default');
  const bindings = importClause?.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) return membersNamed(bindings.name.text, bindings.getSourceFile());
  for (const { name, propertyName } of bindings?.elements ?? []) names.add((propertyName ?? name).text);
  return names;
}

function reexportedNames({ exportClause }: ts.ExportDeclaration): Import['names'] {
  if (!exportClause || ts.isNamespaceExport(exportClause)) return 'all';
  return new Set(exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text));
}

/** What a file takes of a namespace: `refusals.busy` is the name `busy`. */
function membersNamed(namespace: string, source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && node.expression.getText() === namespace) names.add(node.name.text);
    if (ts.isQualifiedName(node) && node.left.getText() === namespace) names.add(node.right.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

function exportsOf(statement: ts.Statement): string[] {
  if (ts.isExportAssignment(statement)) return ['default'];
  if (ts.isExportDeclaration(statement)) {
    const { exportClause } = statement;
    if (!exportClause) return [];
    return ts.isNamespaceExport(exportClause)
      ? [textOf(exportClause.name)]
      : exportClause.elements.map(({ name }) => textOf(name));
  }
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) return ['default'];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => bound(name));
  const { name } = statement as ts.Statement & { readonly name?: ts.Identifier };
  return name ? [name.text] : [];
}

/** `export const { a, b } = …` exports both. */
function bound(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? bound(element.name) : []));
}

function textOf(node: ts.Node): string {
  if (ts.isStringLiteralLike(node) || ts.isIdentifier(node)) return node.text;
  throw new Error(`Not a plain name: ${node.getText()}`);
}
