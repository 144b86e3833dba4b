/** The path of a program, its package installed now if need be; throws an error of one line when there is no way to one. */
export declare function ensureProgram(
  find: () => string | null,
  what: { readonly title: string; readonly packageName: string; readonly howToInstall: string },
): string;

/** The path of a program of this name, or `null`. */
export declare function onPath(name: string): string | null;
