/** Makes elements. What comes from a key becomes text, never markup. */

type Child = Node | string | null;

interface Parts {
  readonly class?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** An element with its children; texts are set as text. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { class: className, attributes = {} }: Parts = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The element of the page with this id. */
export function byId(id: string): HTMLElement {
  return document.getElementById(id)!;
}

/** Sets a text, and touches nothing where it is the same. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [56, 16];

/** The last minute of a queue as a line; nothing where it never changed. */
export function sparkline(lengths: readonly number[]): SVGElement | null {
  const most = Math.max(0, ...lengths);
  if (most === 0 || lengths.length < 2) return null;
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  picture.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'polyline');
  const points = lengths.map((length, i) => {
    const [x, y] = [(i * WIDTH) / (lengths.length - 1), HEIGHT - 1 - (length * (HEIGHT - 2)) / most];
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  line.setAttribute('points', points.join(' '));
  picture.append(line);
  return picture;
}
