/** See `sample-app.mjs`. */
export declare function ensureSampleApp(): void;
