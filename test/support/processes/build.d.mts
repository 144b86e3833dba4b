/** The path of what a source of the library or of a test program, such as `test/campaign/worker.ts`, is compiled to. */
export declare function builtPath(source: string): string;
