/** What the checks of the documentation read from Markdown: links, headings, tables. */

/** Text without code, in which links mean nothing. */
const withoutCode = (markdown: string): string =>
  markdown.replace(/^ *(`{3,}|~{3,})[\s\S]*?^ *\1 *$/gm, '').replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));

/** Where links lead; those to other sites are not among them. */
export function linksOf(markdown: string): string[] {
  const links = [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  return links.filter((link) => !/^[a-z]+:/i.test(link));
}

/**
 * The links that lead nowhere.
 *
 * @param target - answers what a relative path leads to: the text of a page, or `undefined` when there is nothing.
 */
export function brokenLinks(markdown: string, target: (path: string) => string | undefined): string[] {
  return linksOf(markdown).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const text = path === '' ? markdown : target(path);
    return text === undefined || (anchor !== undefined && !anchorsOf(text).has(anchor));
  });
}

/** Names of the headings, as renderers of Markdown make them. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const fences = markdown.replace(/^ *(`{3,}|~{3,})[\s\S]*?^ *\1 *$/gm, '');
  const headings = [...fences.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => heading!);
  const slug = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  return new Set(headings.map(slug));
}

/** The cells of each row of the table whose first column has this title. */
export function rowsOf(markdown: string, title: string): string[][] {
  const lines = markdown.split('\n');
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const head = lines.findIndex((line) => line.startsWith('|') && cells(line)[0] === title);
  if (head === -1) throw new Error(`There is no table whose first column is ${title}`);
  const rows: string[][] = [];
  for (let i = head + 2; lines[i]?.startsWith('|'); i++) rows.push(cells(lines[i]!));
  return rows;
}
