/** The few ways in which a terminal shows that something is more or less important. */
interface Painter {
  readonly hasColours: boolean;
}

export function bold(text: string, { hasColours }: Painter): string {
  return hasColours ? `\u001b[1m${text}\u001b[22m` : text;
}

export function faint(text: string, { hasColours }: Painter): string {
  return hasColours ? `\u001b[2m${text}\u001b[22m` : text;
}
