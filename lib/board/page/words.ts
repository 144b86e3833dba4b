/** Processes and shares in words. */
import type { ProcessView } from '../wire.js';

/** Where a process runs. */
export function placeOf(process: ProcessView | null): string {
  return process ? `${process.host}:${process.pid}` : 'unknown';
}

/** Which application it is. */
export function applicationOf(process: ProcessView | null): string {
  if (!process) return '';
  const instance = process.instance === 'default' ? null : `(${process.instance})`;
  return [process.name, process.version, instance].filter((word) => word !== null).join(' ');
}

/** So many of a thing. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** Control characters and others that can't be seen, made visible. */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}
